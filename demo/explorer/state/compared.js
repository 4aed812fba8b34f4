// The second result that the visitor compares with: another network's, on the same crop.

import { readSecond } from '../lib/results.js';
import { signal } from '../lib/signal.js';
import { onAnswer } from './answers.js';
import { onLeaving } from './view.js';

/** @import { Second } from '../lib/results.js' */
/** @import { ComparedModel } from '../types.js' */

/** @typedef {Second & { asked: ComparedModel }} Other */

/** @type {{ result: Other | null }} */
const state = { result: null };
const changed = signal();

/** @type {Readonly<{ result: Other | null }>} */
export const compared = state;
export const onCompared = changed.subscribe;

onAnswer('compare', (value) => {
  state.result = { ...readSecond(value.other, value.change), asked: value.asked };
  changed.tell();
});
onLeaving(() => {
  state.result = null;
  changed.tell();
});
