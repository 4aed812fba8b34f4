// What is really in the picture, beside what the network predicts: drawn on the photo, and in numbers. Asked for with a
// switch, and offered where it is known.

import { make, part, svg } from '../lib/dom.js';
import { inPercent } from '../lib/numbers.js';
import { tableParts } from '../lib/tables.js';
import { offer } from '../state/offer.js';
import { onTruth, setTruth, truth } from '../state/truth.js';
import { onResult, view } from '../state/view.js';

export function mount() {
  part('show-truth').addEventListener('change', () => setTruth(part('show-truth').checked));
  onResult(describe);
  onTruth(showTruth);
}

function describe(result) {
  part('truth-field').hidden = !result.truth;
  const about = offer.examples.find((one) => one.name === result.example);
  part('origin').hidden = !about?.origin;
  part('origin').textContent = about?.origin ?? '';
  part('failing').hidden = !about?.question;
  part('failing-question').textContent = about?.question ?? '';
  part('failing-answer').textContent = about?.answer ?? '';
  showTruth();
}

function showTruth() {
  const known = truth();
  part('show-truth').checked = Boolean(known);
  part('truth-box').hidden = !known;
  if (!known) return;
  const words = [known.pose?.words, known.mask?.words].filter(Boolean);
  part('truth-words').textContent = words.join(' ') || 'Nothing that this network predicts is known of this picture.';
  part('truth-more').hidden = !known.pose;
  const rows = known.pose ? known.pose.joints.map(rowOf).filter(Boolean) : [];
  const heads = ['joint', 'error', 'of the person', 'in the picture'];
  part('truth-joints').replaceChildren(make('table', { class: 'facts' }, ...tableParts('Errors', heads, rows)));
}

/** @param {import('../types.js').TrueJoint | null} joint @param {number} i */
function rowOf(joint, i) {
  if (!joint) return null;
  const { pixels, share, visible } = joint;
  return [view.result.pose?.names[i], `${pixels.toFixed(1)} px`, inPercent(share), visible ? 'seen' : 'hidden'];
}

/**
 * The true joints and how far the predicted ones are from them; nothing while they are not asked for.
 *
 * @param {import('../lib/results.js').Pose} pose as predicted
 * @param {number} unit
 */
export function truthLayer(pose, unit) {
  const known = truth()?.pose;
  if (!known) return [];
  const group = svg('g', { class: 'truth-joints' });
  known.joints.forEach((joint, i) => {
    if (!joint) return;
    const [x, y] = [joint.x + 0.5, joint.y + 0.5];
    const [u, v] = pose.keypoints[i];
    for (const ink of ['under', 'over']) {
      group.append(svg('line', { x1: u + 0.5, y1: v + 0.5, x2: x, y2: y, class: ink }));
    }
    const half = 1.3 * unit;
    const mark = svg('path', {
      d: `M${x} ${y - half}L${x + half} ${y}L${x} ${y + half}L${x - half} ${y}Z`,
      class: joint.visible ? 'seen' : 'hidden',
      'data-true': i,
    });
    const words = `${pose.names[i]}, really here; off by ${joint.pixels.toFixed(1)} px, ${inPercent(joint.share)} of the person`;
    mark.append(svg('title', {}, document.createTextNode(words)));
    group.append(mark);
  });
  return [group];
}
