// The same edits on a stored example, beside what they did to the shown photo: what holds for one photo may be the
// network's habit, or that photo's.

import { make, part } from '../lib/dom.js';
import { maskPixels, paintClasses } from '../lib/masks.js';
import { readChange, readPredicted } from '../lib/results.js';
import { paintArrows, paintGhost, paintJoints } from '../lib/skeleton.js';
import { onAnswer } from '../state/answers.js';
import { edits, onAfter, onEdits } from '../state/edits.js';
import { offer } from '../state/offer.js';
import { ask } from '../state/requests.js';
import { onLeaving, onResult, view } from '../state/view.js';

const SHARP = 480; // pixels of the longer side of a drawing

/** @import { Change, Predicted } from '../lib/results.js' */
/** @import { CropFacts } from '../types.js' */

/** @type {{ value: { example: string, crop: CropFacts, before: Predicted, after: Predicted, change: Change } | null }} */
const state = { value: null };

export function mount() {
  part('elsewhere-examples').append(...offer.examples.map(choice));
  onAnswer('elsewhere', (value) => {
    const [before, after] = [value.before, value.after].map(readPredicted);
    state.value = { ...value, before, after, change: readChange(value.change) };
    drawElsewhere();
  });
  onEdits(forget); // of other edits
  onLeaving(forget);
  onAfter(drawElsewhere);
  onResult(drawElsewhere);
  drawElsewhere();
}

function choice({ name, label, thumbnail }) {
  const button = make(
    'button',
    { type: 'button', 'data-elsewhere': name, 'aria-pressed': 'false' },
    make('img', { src: thumbnail, alt: '' }),
    make('span', { text: label }),
  );
  button.addEventListener('click', () =>
    ask('elsewhere', { example: name, edits: edits.list }, 'the same edits on another photo…'),
  );
  return button;
}

function forget() {
  state.value = null;
  drawElsewhere();
}

function drawElsewhere() {
  const { value } = state;
  const none = edits.after === null;
  for (const button of part('elsewhere-examples').children) {
    button.disabled = none;
    button.hidden = button.dataset.elsewhere === view.result?.example;
    button.setAttribute('aria-pressed', String(value?.example === button.dataset.elsewhere));
  }
  part('elsewhere-pair').hidden = !value || none;
  if (none) part('elsewhere-words').textContent = 'Edit something first; then choose a photo to try it on.';
  else if (!value) part('elsewhere-words').textContent = 'Choose a photo: the network sees it with the same edits.';
  if (!value || !edits.after) return;
  const label = offer.examples.find(({ name }) => name === value.example)?.label ?? value.example;
  part('elsewhere-words').textContent = summary(label, edits.after, value);
  part('elsewhere-pair').replaceChildren(
    picture('this photo, edited', view.result.crop, view.result, edits.after),
    picture(`${label}, untouched`, value.crop, value.before, null),
    picture(`${label}, edited`, value.crop, value.before, value.after),
  );
}

function summary(label, here, there) {
  const words = ({ change }) => furthest(change) ?? change.sentences.join(' ');
  return `On this photo: ${words(here)} On “${label}”: ${words(there)}`;
}

// How far joints move on average, and which moves furthest; the sentences say it where there are none.
function furthest({ joints }) {
  if (!joints.length) return null;
  const mean = joints.reduce((sum, one) => sum + one.moved, 0) / joints.length;
  const most = joints.reduce((one, other) => (other.moved > one.moved ? other : one));
  return `joints move ${mean.toFixed(1)} px on average, ${most.name} furthest, ${most.moved.toFixed(1)} px.`;
}

function picture(title, crop, before, after) {
  const side = after ?? before;
  const [mask, joints] = [make('canvas'), make('canvas')];
  const factor = SHARP / Math.max(crop.width, crop.height);
  Object.assign(joints, { width: factor * crop.width, height: factor * crop.height });
  if (side.pose && after) paintGhost(joints, before.pose, crop.box);
  if (side.pose) paintJoints(joints, side.pose, crop.box);
  if (side.pose && after) paintArrows(joints, before.pose, after.pose, crop.box);
  if (side.segmentation) {
    maskPixels(side.segmentation.mask).then((pixels) => paintClasses(mask, pixels, side.segmentation));
  }
  const host = make('div', { class: 'map', style: { aspectRatio: `${crop.width} / ${crop.height}` } });
  host.append(make('img', { src: crop.src, alt: '' }), mask, joints);
  joints.setAttribute('role', 'img');
  joints.setAttribute('aria-label', title);
  return make('figure', {}, make('figcaption', { text: title }), host);
}
