// What prediction is to be explained, and what "off" means in a test.

import { fillSelect, make, part } from '../lib/dom.js';
import { predictedClasses } from '../lib/results.js';
import { focus } from '../state/focus.js';
import { onCell, onOutput, outputTargets } from '../state/output.js';
import { onResult, view } from '../state/view.js';

const TEST_OFF = [
  ['0', '0'],
  ['1', '1 (no gating)'],
  ['0.5', '0.5'],
  ['mean', 'this image’s mean'],
];

export function mount() {
  part('test-off').append(...TEST_OFF.map(([value, text]) => make('option', { value, text })));
  part('target-choice').addEventListener('pointerdown', fillTargets);
  onResult(fillTargets);
  onOutput(fillTargets);
  onCell(() => (part('target-choice').value = outputTargets()[0]?.[0] ?? ''));
}

function fillTargets() {
  if (!view.result) return;
  const { pose, segmentation } = view.result;
  const options = [];
  if (pose) {
    options.push(...pose.order.map((joint) => [`joint:${pose.names[joint].replaceAll(' ', '_')}`, pose.names[joint]]));
  }
  if (segmentation) {
    options.push(
      ...predictedClasses(segmentation).map((k) => [
        `class:${segmentation.names[k]}`,
        `${segmentation.names[k]} where it is predicted`,
      ]),
    );
  }
  const pixel = heldPixel();
  if (pixel && segmentation) options.push([pixel, `the class at the held cell (${pixel.slice(6)})`]);
  options.push(...outputTargets());
  fillSelect(part('target-choice'), options);
}

function heldPixel() {
  if (!focus.heldPlace) return null;
  const [x0, y0, x1, y1] = view.result.crop.box;
  const { u, v } = focus.heldPlace;
  return `pixel:${Math.round(x0 + u * (x1 - x0) - 0.5)},${Math.round(y0 + v * (y1 - y0) - 0.5)}`;
}
