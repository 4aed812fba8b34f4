// The second result that the visitor compares with: another network's, on the same crop.

import { readChange, readResult } from '../lib/results.js';
import { signal } from '../lib/signal.js';
import { onAnswer } from './answers.js';
import { onLeaving } from './view.js';

/** @type {{ result: any }} */
const state = { result: null };
const changed = signal();

/** @type {Readonly<{ result: any }>} */
export const compared = state;
export const onCompared = changed.subscribe;

onAnswer('compare', (value) => {
  const read = readResult({ ...value.other, gate: null, map: null });
  state.result = { ...read, change: readChange(value.change), asked: value.asked };
  changed.tell();
});
onLeaving(() => {
  state.result = null;
  changed.tell();
});
