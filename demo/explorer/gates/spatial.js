// The spatial-only map of the chosen block, and the gain that both gates make together.

import { followPointer } from '../frame/pointing.js';
import { ALL, HALF, cellMap, cellName, drawLegend, paintCells, spatialAt } from '../lib/cells.js';
import { inkOf, make, part, segmented } from '../lib/dom.js';
import { differs, ends, wasAndIs } from '../lib/numbers.js';
import { hold, onFocus, tell } from '../state/focus.js';
import { litHere, onLit } from '../state/lit.js';
import { onGates, shownBlock } from '../state/showing.js';
import { onStroke, painting, withStroke } from '../state/stroke.js';
import { chosenBlock, hasBlocks, view } from '../state/view.js';

/** @type {{ map: import('../lib/cells.js').CellMap }} made when the page is there */
const spatial = { map: /** @type {any} */ (null) };

export function mount() {
  spatial.map = cellMap(part('spatial-map'), 'Spatial-only map');
  followPointer(
    spatial.map.host,
    () => [spatial.map.width, spatial.map.height],
    (place) => {
      if (!painting()) hold(place);
    },
  );
  for (const [name, first] of [
    ['spatial-scale', 'absolute'],
    ['spatial-back', 'bare'],
  ]) {
    segmented(name, first, () => {
      drawSpatial();
      tell();
    });
  }
  onGates(drawSpatial);
  onStroke(drawSpatial);
  onLit(drawLitCells);
  onFocus(readSpatial);
}

function drawSpatial() {
  if (!hasBlocks()) return;
  const { result } = view;
  const block = shownBlock();
  const gate = withStroke(block);
  part('spatial-edited').hidden = !differs(gate, chosenBlock().spatialGate);
  const { map } = spatial;
  const scale = part('spatial-scale').value === 'stretched' ? block.spatialStretched : result.gate;
  const over = part('spatial-back').value === 'over';
  map.size(block.width, block.height, `${result.crop.width} / ${result.crop.height}`);
  map.back.src = result.crop.src;
  map.back.hidden = !over;
  map.host.classList.toggle('over', over);
  map.canvas.setAttribute('aria-label', `Spatial-only map of ${block.name}: ${block.spatialWords}`);
  paintCells(map.canvas, gate, block.width, block.height, scale, over ? HALF : ALL);
  const legend = part('spatial-legend');
  drawLegend(legend, scale, over ? HALF : ALL);
  legend.classList.toggle('over', over);
  part('spatial-plain').textContent = `Weights: ${block.spatialSpan}.`;
  part('spatial-words').textContent = block.spatialWords;
}

function readSpatial(place, channel) {
  if (!hasBlocks()) return;
  const block = shownBlock();
  const words = part('spatial-here');
  spatial.map.outline(place);
  words.classList.toggle('live', Boolean(place));
  words.textContent = place
    ? `${cellName(place, block)}: ${wasAndIs(spatialAt(chosenBlock(), place), spatialAt(block, place), block.spatialPlaces)}`
    : 'Point at a cell to read it.';
  readGain(block, place, channel);
}

// Parallel blocks add their gates, sequential ones multiply them: this is what the features are multiplied by.
function readGain(block, place, channel) {
  const words = part('gain-words');
  words.classList.toggle('live', Boolean(place) || channel !== null);
  const parallel = block.layout === 'parallel';
  const sign = parallel ? '+' : '×';
  const gain = (c, s) => (parallel ? c + s : c * s);
  const c = channel === null ? null : block.channelGate[channel];
  const s = place ? spatialAt(block, place) : null;
  if (c !== null && s !== null) {
    words.textContent = `gain of channel ${channel} here: ${c.toFixed(4)} ${sign} ${s.toFixed(4)} = ${gain(c, s).toFixed(4)}`;
  } else if (c !== null) {
    const [low, high] = ends(block.spatialGate);
    words.textContent = `gain of channel ${channel}: ${gain(c, low).toFixed(4)} to ${gain(c, high).toFixed(4)} over the map`;
  } else if (s !== null) {
    const [low, high] = ends(block.channelGate);
    words.textContent =
      `gain here: ${gain(low, s).toFixed(4)} to ${gain(high, s).toFixed(4)} over the channels, ` +
      `mean ${gain(block.channelMean, s).toFixed(4)}`;
  } else {
    words.textContent = parallel
      ? 'Features are multiplied by channel + spatial (parallel): 1 leaves them as they are.'
      : 'Features are multiplied by channel × spatial (sequential): always below 1.';
  }
}

// Outlined: the painted cells of the lit edit, or the whole map where it acts on all of it.
function drawLitCells() {
  const edit = litHere();
  const rows = edit && edit.where;
  spatial.map.host.classList.toggle('lit', edit?.branch === 'spatial');
  /** @type {HTMLCanvasElement | null} */
  let overlay = spatial.map.host.querySelector('.lit-cells');
  if (!overlay) {
    overlay = /** @type {HTMLCanvasElement} */ (make('canvas', { class: 'lit-cells', 'aria-hidden': 'true' }));
    spatial.map.host.append(overlay);
  }
  overlay.width = spatial.map.width;
  overlay.height = spatial.map.height;
  if (!rows) return;
  const ink = inkOf(overlay);
  ink.fillStyle = 'rgb(255, 60, 140)';
  rows.forEach((row, y) =>
    [...row].forEach((mark, x) => {
      if (mark === '1') ink.fillRect(x, y, 1, 1);
    }),
  );
}
