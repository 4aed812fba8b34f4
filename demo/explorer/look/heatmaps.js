// Small multiples: one heatmap for each joint, all of the same size, right above left.

import { followPointer } from '../frame/pointing.js';
import { ALL, byHeat, cellAt, cellMap, cellName, drawLegend, paintCells } from '../lib/cells.js';
import { make, part, segmented } from '../lib/dom.js';
import { THIN, probability } from '../lib/numbers.js';
import { drawPinned } from '../photo/photo.js';
import { focus, onFocus } from '../state/focus.js';
import { chooseJoint, onResult, view } from '../state/view.js';

/** @import { CellMap } from '../lib/cells.js' */

/** @type {{ tiles: { joint: number, tile: any, map: CellMap, numbers: HTMLElement }[] }} */
const heat = { tiles: [] };

export function mount() {
  segmented('heat-scale', 'shared', paintHeatmaps);
  segmented('heat-back', 'over', paintHeatmaps);
  onResult(drawHeatmaps);
  onFocus(readHeatmaps);
}

function drawHeatmaps(result) {
  part('heatmaps-panel').hidden = !result.pose;
  if (!result.pose) return;
  const { pose, crop } = result;
  heat.tiles = [];
  const half = Math.ceil(pose.order.length / 2);
  const tiles = pose.order.map((joint, place) => {
    const host = make('span', { class: 'map' });
    const map = cellMap(host, null);
    map.size(pose.width, pose.height, `${crop.width} / ${crop.height}`);
    const numbers = make('span', { class: 'numbers' });
    const name = make(
      'span',
      { class: 'name' },
      make('i', { style: { background: pose.colours[joint] } }),
      pose.names[joint],
    );
    const tile = make('button', { type: 'button', class: 'tile', 'data-joint': joint }, name, host, numbers);
    tile.style.setProperty('--pair', place < half ? 2 * place : 2 * (place - half) + 1); // narrow pages: pairs side by side
    tile.addEventListener('click', () => {
      chooseJoint(view.joint === joint ? null : joint);
    });
    followPointer(
      host,
      () => [pose.width, pose.height],
      () => {},
    );
    map.back.src = crop.src;
    heat.tiles.push({ joint, tile, map, numbers });
    return tile;
  });
  part('tiles').replaceChildren(...tiles);
  part('heat-more').textContent =
    `Under each map: its highest cell · the joint’s score. Each map has ${pose.width}${THIN}×${THIN}${pose.height} ` +
    'cells, and they sum to 1.';
  paintHeatmaps();
}

function paintHeatmaps() {
  const { pose } = view.result;
  if (!pose) return;
  const own = part('heat-scale').value === 'own';
  const over = part('heat-back').value === 'over';
  part('tiles').classList.toggle('over', over);
  for (const { joint, map } of heat.tiles) {
    paintCells(
      map.canvas,
      pose.maps[joint],
      pose.width,
      pose.height,
      own ? pose.own[joint] : pose.shared,
      over ? byHeat : ALL,
    );
  }
  const legend = part('heat-legend');
  if (own) {
    const facts = {
      ...pose.shared,
      tickLabels: ['0', 'peak'],
      label: 'own scales: do not compare',
      ticks: [pose.shared.low, pose.shared.high],
    };
    drawLegend(legend, facts, over ? byHeat : ALL);
  } else {
    drawLegend(legend, pose.shared, over ? byHeat : ALL);
  }
  legend.classList.toggle('over', over);
  drawPinned();
  readHeatmaps(focus.place);
}

function readHeatmaps(place) {
  const pose = view.result?.pose;
  if (!pose) return;
  let best = { joint: 0, value: -1 };
  for (const { joint, tile, map, numbers } of heat.tiles) {
    map.outline(place);
    const peak = `peak ${probability(pose.peaks[joint])}, score ${pose.scores[joint].toFixed(2)}`;
    let here = '';
    if (place) {
      const [column, row] = cellAt(place, pose.width, pose.height);
      const value = pose.maps[joint][row * pose.width + column];
      here = `here ${probability(value)}`;
      if (value > best.value) best = { joint, value };
    }
    numbers.textContent = place ? here : `${pose.peaks[joint].toFixed(3)} · ${pose.scores[joint].toFixed(2)}`;
    numbers.classList.toggle('live', Boolean(place));
    tile.setAttribute('aria-pressed', view.joint === joint);
    tile.setAttribute('aria-label', `${pose.names[joint]}: ${peak}${here ? `, ${here}` : ''}`);
    tile.title = `${pose.names[joint]}: ${peak}. Click to see it on the photo.`;
  }
  const words = part('heat-words');
  words.classList.toggle('live', Boolean(place));
  words.textContent = place
    ? `${cellName(place, pose)}: most likely ${pose.names[best.joint]}, probability ${probability(best.value)}`
    : 'Where the network looks for each joint. Click a map to see it on the photo.';
}
