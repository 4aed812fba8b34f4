// The prediction as it is after the edits, beside the map that is painted on: mask and skeleton follow the stroke, and the
// untouched skeleton stays as a ghost. The brush works here, too: this is the photo as the network saw it.

import { outputCells } from '../frame/pointing.js';
import { cellMap } from '../lib/cells.js';
import { inkOf, make, part } from '../lib/dom.js';
import { maskPixels, paintClasses } from '../lib/masks.js';
import { paintGhost, paintJoints } from '../lib/skeleton.js';
import { edits } from '../state/edits.js';
import { onFocus } from '../state/focus.js';
import { onGates } from '../state/showing.js';
import { brush, onStroke } from '../state/stroke.js';
import { tabs } from '../state/tabs.js';
import { chosenBlock, hasBlocks, view } from '../state/view.js';

const SHARP = 640; // pixels of the longer side of the skeleton's drawing

/** @type {{ map: any, joints: any, stroke: any, drawn: number }} */
const effect = { map: null, joints: null, stroke: null, drawn: 0 };

export function mount() {
  effect.map = cellMap(part('effect-map'), 'The crop with the prediction as edited');
  [effect.joints, effect.stroke] = ['joints', 'stroke'].map((name) => {
    const canvas = make('canvas', { class: name, 'aria-hidden': 'true' });
    effect.map.host.append(canvas);
    return canvas;
  });
  onGates(drawEffect);
  onStroke(drawStroke);
  onFocus((place) => {
    if (tabs.current === 'change') effect.map.outline(place);
  });
}

function drawEffect() {
  if (tabs.current !== 'change' || !view.result) return;
  const { result } = view;
  const after = edits.after ?? result;
  const { map, joints } = effect;
  map.size(...outputCells(), `${result.crop.width} / ${result.crop.height}`);
  map.back.src = result.crop.src;
  const factor = SHARP / Math.max(result.crop.width, result.crop.height);
  Object.assign(joints, { width: factor * result.crop.width, height: factor * result.crop.height });
  const moved = edits.after && result.pose && after.pose;
  if (moved) paintGhost(joints, result.pose, result.crop.box);
  if (after.pose) paintJoints(joints, after.pose, result.crop.box);
  part('effect-key').textContent = moved ? 'white: untouched' : '';
  part('effect-words').textContent = edits.after
    ? edits.after.change.sentences.join(' ')
    : 'Nothing is edited yet. Paint on the map, or on this picture: both change the same gate.';
  drawMask(result, after);
  drawStroke();
}

async function drawMask(result, after) {
  effect.drawn += 1;
  const number = effect.drawn;
  inkOf(effect.map.canvas).clearRect(0, 0, effect.map.canvas.width, effect.map.canvas.height);
  if (!after.segmentation) return;
  const pixels = await maskPixels(after.segmentation.mask);
  if (number === effect.drawn && view.result === result) paintClasses(effect.map.canvas, pixels, after.segmentation);
}

// The cells of the stroke that is being drawn, in the block's own size.
function drawStroke() {
  const { stroke } = brush;
  const shown = Boolean(stroke && hasBlocks() && tabs.current === 'change');
  effect.stroke.hidden = !shown;
  if (!stroke || !shown) return;
  const { width, height } = chosenBlock();
  Object.assign(effect.stroke, { width, height });
  const ink = inkOf(effect.stroke);
  ink.fillStyle = 'rgb(255 60 140 / 0.5)';
  for (const cell of stroke.cells) ink.fillRect(cell % width, Math.floor(cell / width), 1, 1);
}
