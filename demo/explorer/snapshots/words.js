// What a snapshot of a training says, in numbers and words: how far it is from the first one.

import { inPercent } from '../lib/numbers.js';

/**
 * One map of many: the rule by which psa_viz stores a value in one byte.
 *
 * @param {import('./training.js').Coded} stored
 * @param {number} index
 * @param {number} size values of a map
 */
export function restored({ codes, limits }, index, size) {
  const [low, high] = limits.subarray(2 * index, 2 * index + 2);
  return Float32Array.from(
    codes.subarray(index * size, (index + 1) * size),
    (code) => low + (code / 255) * (high - low),
  );
}

// Of the crop's pixels inside the photo: the part of each class at every snapshot, and the part that changed since the first.
export function countPixels({ pixels, names, outside }) {
  const inside = pixels[0].labels.reduce((sum, label) => sum + (label !== outside), 0) || 1;
  const shares = pixels.map(({ labels }) => {
    const counts = new Uint32Array(256);
    for (const label of labels) counts[label] += 1;
    return names.map((_, k) => counts[k] / inside);
  });
  const changed = pixels.map(
    ({ labels }) => labels.reduce((sum, label, i) => sum + (label !== pixels[0].labels[i]), 0) / inside,
  );
  return { shares, changed };
}

/**
 * @param {import('./training.js').Training} value
 * @param {import('./training.js').Block} block
 * @param {number} at index of the snapshot
 */
export function snapshotSentences(value, block, at) {
  const { steps, segmentation, pose, figures } = value;
  const sentences = [
    `Step ${steps[at]}, ${block.name}. Channel weights ${block.channelWords[at]}${at ? ` (step 0: ${block.channelWords[0]})` : ''}.`,
  ];
  sentences.push(`Spatial map ${block.spatialWords[at]}${at ? ` (step 0: ${block.spatialWords[0]})` : ''}.`);
  if (at) {
    const size = block.width * block.height;
    sentences.push(apart(restored(block.spatial, 0, size), restored(block.spatial, at, size)));
  }
  if (at && segmentation) {
    sentences.push(`${inPercent(segmentation.changed[at])} of the mask’s pixels have another class than at step 0.`);
  }
  if (at && pose) {
    const far = pose.names.map((_, joint) =>
      Math.hypot(...[0, 1].map((axis) => pose.keypoints[at][joint][axis] - pose.keypoints[0][joint][axis])),
    );
    const most = far.indexOf(Math.max(...far));
    sentences.push(`The joint that moved most is ${pose.names[most]}, ${far[most].toFixed(1)} px.`);
  }
  const known = Object.entries(figures[at]).map(([name, figure]) => `${name} ${figure.toFixed(1)}`);
  return known.length ? [...sentences, `${known.join(', ')}.`] : sentences;
}

// How far two maps are from one another, and whether they show the same pattern.
export function apart(one, other) {
  const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const distances = one.map((value, i) => Math.abs(value - other[i]));
  const [a, b] = [one, other].map((values) => {
    const middle = mean(values);
    return values.map((value) => value - middle);
  });
  const dot = (x, y) => x.reduce((sum, value, i) => sum + value * y[i], 0);
  const size = Math.sqrt(dot(a, a) * dot(b, b));
  const pattern = size > 0 ? `, correlation ${(dot(a, b) / size).toFixed(2)}` : '';
  return `From the untrained map it differs by ${mean(distances).toFixed(4)} on average and ${Math.max(...distances).toFixed(4)} at most${pattern}.`;
}
