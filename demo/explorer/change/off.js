// What "off" means: always one of these, always said.

import { make, part, wholeNumber } from '../lib/dom.js';
import { offer } from '../state/offer.js';
import { onGates } from '../state/showing.js';
import { hasBlocks, view } from '../state/view.js';

const OFF = [
  ['0', '0'],
  ['1', '1 (no gating)'],
  ['0.5', '0.5, a sigmoid’s middle'],
  ['number', 'a number'],
  ['mean', 'this image’s mean'],
  ['data', 'the data set’s mean'],
  ['shuffled', 'shuffled'],
];

export function mount() {
  part('off-choice').append(...OFF.map(([value, text]) => make('option', { value, text })));
  part('off-choice').addEventListener('change', drawOff);
  onGates(drawOff);
}

/** The part of an edit that says what the values become. */
export function offValue() {
  const choice = part('off-choice').value;
  if (choice === 'shuffled') return { to: 'shuffled', seed: wholeNumber('off-seed') };
  if (choice === 'mean' || choice === 'data') return { to: choice };
  return { to: choice === 'number' ? Math.max(0, Number(part('off-number').value) || 0) : Number(choice) };
}

function drawOff() {
  if (!hasBlocks()) return;
  const choice = part('off-choice');
  const stored = offer.means[view.result.model];
  const option = [...choice.options].find((one) => one.value === 'data');
  option.hidden = !stored;
  option.disabled = !stored;
  if (!stored && choice.value === 'data') choice.value = '0';
  part('off-number').hidden = choice.value !== 'number';
  part('off-seed-field').hidden = choice.value !== 'shuffled';
  const parallel = view.result.layout === 'parallel';
  const words = {
    0: parallel ? 'Parallel: at 0 the branch is left out of the sum.' : 'Sequential: at 0 the block passes nothing on.',
    1: parallel ? 'Parallel: at 1 the branch adds the features ungated.' : 'Sequential: at 1 the branch does nothing.',
    0.5: 'What a sigmoid gives for a zero: neither open nor shut.',
    number: 'Any number from 0 up; beyond 1 it enlarges.',
    mean: 'The mean of all values that this gate has for this photo.',
    data: stored ? `The mean of each value over ${stored}.` : '',
    shuffled: 'The chosen values change places among themselves, drawn from the seed.',
  };
  part('off-words').textContent =
    `${words[choice.value]}${stored ? '' : ' No data set’s mean is stored for this model.'}`;
}
