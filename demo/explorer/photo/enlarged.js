// The crop by itself, large, with its skeleton: where the person is only a small part of the photo.

import { part } from '../lib/dom.js';
import { paintJoints } from '../lib/skeleton.js';
import { onResult } from '../state/view.js';

const SMALL = 0.7; // longer side of the crop, in parts of the photo's
const SHARP = 640; // pixels of the longer side of the drawing

export function mount() {
  onResult(drawEnlarged);
}

function drawEnlarged({ photo, crop, pose }) {
  const [x0, y0, x1, y1] = crop.box;
  const small = Math.max(x1 - x0, y1 - y0) < SMALL * Math.max(photo.width, photo.height);
  part('enlarged').hidden = !small;
  if (!small) return;
  part('enlarged-photo').src = crop.src;
  const canvas = part('enlarged-skeleton');
  const factor = SHARP / Math.max(crop.width, crop.height);
  Object.assign(canvas, { width: factor * crop.width, height: factor * crop.height });
  if (pose) paintJoints(canvas, pose, crop.box);
}
