// Another model, or the same one without what it learned, on the crop that is shown.

import { fillSelect, part, wholeNumber } from '../lib/dom.js';
import { changedTables } from '../lib/tables.js';
import { compared, onCompared } from '../state/compared.js';
import { offer } from '../state/offer.js';
import { ask } from '../state/requests.js';
import { onResult } from '../state/view.js';
import { showAsText, writeText } from '../text/text.js';

const RANDOM = 'random weights';

export function mount() {
  part('compare-choice').addEventListener('change', showSeed);
  part('compare-run').addEventListener('click', askCompare);
  onResult(fillOthers);
  onCompared(showOther);
  showAsText('compare', () => changedTables(compared.result));
}

function fillOthers(result) {
  const alike = offer.tasks[result.model]?.alike ?? []; // what predicts other things can not be compared
  const others = alike.filter((name) => name !== result.model).map((name) => [name, name]);
  if (offer.models.includes(result.model)) others.push([RANDOM, `${result.model} with random weights`]);
  fillSelect(part('compare-choice'), others);
  showSeed();
}

function showSeed() {
  part('compare-seed-field').hidden = part('compare-choice').value !== RANDOM;
}

/** @returns {boolean} whether there was something to ask for */
export function askCompare() {
  const model = part('compare-choice').value;
  if (!model) return false;
  const seed = model === RANDOM ? wholeNumber('compare-seed') : null;
  return ask('compare', { model, seed }, 'the other network is looking…');
}

/** @param {string} text a model, or "random:" and a seed, as an address has it */
export function chooseOther(text) {
  const seed = text.match(/^random:(\d+)$/);
  if (seed) part('compare-seed').value = seed[1];
  part('compare-choice').value = seed ? RANDOM : text;
  showSeed();
}

function showOther() {
  const other = compared.result;
  const form = other?.layout === 'none' ? 'no PSA' : `${other?.formula} formula, ${other?.layout}`;
  part('compare-words').textContent = other ? `${other.model}: ${form}; the same crop, the same scales.` : '';
  writeText();
}
