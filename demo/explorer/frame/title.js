// Whose result this is, where it comes from, and which panels it has.

import { element, part } from '../lib/dom.js';
import { onRefused } from '../state/answers.js';
import { onResult, view } from '../state/view.js';

const NEEDS_PSA = [
  'blockmap-panel',
  'block-panel',
  'channels-panel',
  'spatial-panel',
  'edits-panel',
  'walk-panel',
  'formulas-panel',
  'switchboard-panel',
  'evidence-panel',
];
const ONLY_WITH_RESULT = ['panels', 'photo-figure', 'photo-switches', 'downloads', 'text'];

export function mount() {
  onResult(showTitle);
  onRefused(showWhatIsThere);
}

function showWhatIsThere() {
  for (const name of ONLY_WITH_RESULT) part(name).hidden = !view.result;
}

function showTitle(result) {
  showWhatIsThere();
  const form = result.layout === 'none' ? 'no PSA' : `${result.formula} formula, ${result.layout}`;
  const flip = result.flip ? ', averaged with the mirrored photo' : '';
  part('model').textContent = result.model;
  part('run').textContent = `${form} · ${result.device} · ${result.seconds.toFixed(2)} s${flip}`;
  // What is about the person is said over the photo: photo/doubts.js.
  const notes = result.notes.filter((note) => !result.doubts?.some(({ text }) => text === note));
  part('notes').textContent = notes.map((note) => `${note[0].toUpperCase()}${note.slice(1)}.`).join(' ');
  part('notes').hidden = notes.length === 0;
  part('stored').hidden = !result.stored;
  element.dataset.joints = Boolean(result.pose);
  part('skeleton-field').hidden = !result.pose;
  const plain = result.blocks.length === 0;
  for (const name of NEEDS_PSA) part(name).hidden = plain;
  part('absent').hidden = !plain;
  part('absent').textContent =
    `${result.model} has no polarized self-attention: there are no gates to show. ` +
    'What it predicts is what the same network predicts without them.';
}
