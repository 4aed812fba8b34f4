// One snapshot of a training: weights, map and prediction of one side of the comparison.

import { ALL, cellMap, paintCells } from '../lib/cells.js';
import { paintVector } from '../lib/chart.js';
import { inkOf, make, part } from '../lib/dom.js';
import { paintClasses } from '../lib/masks.js';
import { inPercent } from '../lib/numbers.js';
import { paintJoints } from '../lib/skeleton.js';
import { snapshots } from './training.js';
import { restored } from './words.js';

/**
 * @param {'a' | 'b'} side
 * @param {number} snapshot
 * @param {import('./training.js').Block} block
 */
export function drawSide(side, snapshot, block) {
  const { steps, gate } = snapshots.value;
  const bars_ = part(`snapshots-bars-${side}`);
  paintVector(bars_, { values: restored(block.channel, snapshot, block.channels), scale: gate });
  bars_.setAttribute('aria-label', `Channel-only weights at step ${steps[snapshot]}: ${block.channelWords[snapshot]}`);
  part(`snapshots-name-${side}`).textContent = `weights, step ${steps[snapshot]}`;
  drawSnapshotMap(side, snapshot, block);
  drawSnapshotMask(side, snapshot);
}

function drawSnapshotMap(side, snapshot, block) {
  const host = part(`snapshots-map-${side}`);
  const map = cellMap(
    host,
    `Spatial-only map at step ${snapshots.value.steps[snapshot]}: ${block.spatialWords[snapshot]}`,
  );
  map.size(block.width, block.height, `${snapshots.value.crop.width} / ${snapshots.value.crop.height}`);
  paintCells(
    map.canvas,
    restored(block.spatial, snapshot, block.width * block.height),
    block.width,
    block.height,
    snapshots.value.gate,
    ALL,
  );
}

/** @type {HTMLCanvasElement[]} by snapshot */
let painted = [];

/** All predictions of a training, painted before they are stepped through. */
export function paintPredictions() {
  painted = snapshots.value.steps.map((_, snapshot) => predictionAt(snapshot));
}

function predictionAt(snapshot) {
  const { segmentation, pose, crop } = snapshots.value;
  const canvas = make('canvas', { width: 384, height: Math.round((384 * crop.height) / crop.width) });
  if (segmentation) paintClasses(canvas, segmentation.pixels[snapshot], segmentation);
  if (pose) {
    paintJoints(canvas, { ...pose, keypoints: pose.keypoints[snapshot], scores: pose.scores[snapshot] }, crop.box);
  }
  return canvas;
}

function drawSnapshotMask(side, snapshot) {
  const { segmentation, pose, crop, steps } = snapshots.value;
  if (!segmentation && !pose) return;
  const words = segmentation
    ? segmentation.names.map((name, k) => `${name} ${inPercent(segmentation.shares[snapshot][k])}`).join(', ')
    : 'joints';
  const map = cellMap(part(`snapshots-mask-${side}`), `Prediction at step ${steps[snapshot]}: ${words}`);
  map.size(1, 1, `${crop.width} / ${crop.height}`);
  map.back.src = crop.src;
  const picture = painted[snapshot];
  Object.assign(map.canvas, { width: picture.width, height: picture.height });
  inkOf(map.canvas).drawImage(picture, 0, 0);
}
