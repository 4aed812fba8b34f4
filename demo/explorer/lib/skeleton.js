// Joints, limbs and the arrows of a move, painted on a canvas that covers a crop.

import { inkOf } from './dom.js';

export const SURE = 0.2; // a joint whose score is below this is drawn hollow, and the legend says so
export const MOVED = 0.5; // pixels of the photo; less can not be seen

/**
 * Photo pixels (x, y) to pixels of a canvas that covers the crop; pixel centres of the photo are whole.
 *
 * @returns {[number, number]}
 */
function onCrop([x, y], canvas, box) {
  return [
    ((x + 0.5 - box[0]) / (box[2] - box[0])) * canvas.width,
    ((y + 0.5 - box[1]) / (box[3] - box[1])) * canvas.height,
  ];
}

/** @param {number} unit pixels of the canvas: lines are about as thick */
export function paintJoints(canvas, pose, box, unit = canvas.width / 128) {
  const ink = inkOf(canvas);
  /** @type {[number, number][]} */
  const at = pose.keypoints.map((point) => onCrop(point, canvas, box));
  ink.lineCap = 'round';
  for (const [width, halo] of /** @type {[number, boolean][]} */ ([
    [2.6 * unit, true],
    [1.3 * unit, false],
  ])) {
    for (const [a, b, colour] of pose.limbs) {
      const sure = pose.scores[a] >= SURE && pose.scores[b] >= SURE;
      ink.lineWidth = sure ? width : width / 2;
      ink.strokeStyle = halo ? 'rgb(0 0 0 / 0.6)' : colour;
      ink.beginPath();
      ink.moveTo(...at[a]);
      ink.lineTo(...at[b]);
      ink.stroke();
    }
  }
  pose.names.forEach((_, joint) => {
    ink.beginPath();
    ink.arc(...at[joint], 1.6 * unit, 0, 2 * Math.PI);
    ink.lineWidth = unit * 0.6;
    ink.strokeStyle = '#000';
    ink.fillStyle = pose.scores[joint] >= SURE ? pose.colours[joint] : '#0000';
    ink.fill();
    ink.stroke();
  });
}

// Where the skeleton was before: thin, white and broken, below the one that is.
export function paintGhost(canvas, pose, box) {
  const ink = inkOf(canvas);
  const unit = canvas.width / 128;
  /** @type {[number, number][]} */
  const at = pose.keypoints.map((point) => onCrop(point, canvas, box));
  for (const [colour, width] of /** @type {[string, number][]} */ ([
    ['rgb(0 0 0 / 0.55)', 1.4 * unit],
    ['rgb(255 255 255 / 0.9)', 0.7 * unit],
  ])) {
    ink.strokeStyle = colour;
    ink.lineWidth = width;
    ink.setLineDash([2.4 * unit, 1.8 * unit]);
    for (const [a, b] of pose.limbs) {
      ink.beginPath();
      ink.moveTo(...at[a]);
      ink.lineTo(...at[b]);
      ink.stroke();
    }
  }
  ink.setLineDash([]);
}

// From where a joint was to where it is; a joint that stays has no arrow.
export function paintArrows(canvas, before, after, box) {
  const ink = inkOf(canvas);
  const width = canvas.width / 128;
  before.keypoints.forEach((point, joint) => {
    if (Math.hypot(after.keypoints[joint][0] - point[0], after.keypoints[joint][1] - point[1]) < MOVED) return;
    const [from, to] = [onCrop(point, canvas, box), onCrop(after.keypoints[joint], canvas, box)];
    for (const [colour, size] of [
      ['#000', 2.4 * width],
      ['#ff7eb0', 1.2 * width],
    ]) {
      strokeArrow(ink, from, to, colour, size, headOf(Math.hypot(to[0] - from[0], to[1] - from[1]), 4 * width));
    }
  });
}

/** A head never longer than half of its arrow, so that a small move has a small arrow. */
export const headOf = (length, most) => Math.min(most, 0.5 * length);

function strokeArrow(ink, from, to, colour, width, head) {
  const angle = Math.atan2(to[1] - from[1], to[0] - from[0]);
  const barb = (turn) => [to[0] - head * Math.cos(angle + turn), to[1] - head * Math.sin(angle + turn)];
  ink.strokeStyle = colour;
  ink.lineWidth = width;
  ink.beginPath();
  ink.moveTo(...from);
  ink.lineTo(...to);
  ink.moveTo(...barb(0.5));
  ink.lineTo(...to);
  ink.lineTo(...barb(-0.5));
  ink.stroke();
}
