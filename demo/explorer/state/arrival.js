// Steps of an address that follow one another: each waits until the answer to the one before has been drawn.

import { signal } from '../lib/signal.js';
import { onRefused } from './answers.js';

/** @type {{ begun: boolean, ready: boolean, todo: (() => void)[], later: string | null }} */
const state = { begun: false, ready: false, todo: [], later: null };
/** @type {import('../lib/signal.js').Signal<[later: string | null]>} */
const arrivals = signal();

/** @type {Readonly<{ begun: boolean, ready: boolean }>} */
export const arrival = state;
export const onArrival = arrivals.subscribe;

/** Whether something of an address has still to come. */
export const pending = () => state.todo.length > 0;

/** @param {(() => void)[]} steps */
export function begin(steps) {
  Object.assign(state, { begun: true, ready: false, todo: steps });
}

/** @param {string} fragment of an address that has to wait */
export function comeLater(fragment) {
  state.later = fragment;
}

/** The next step; after the last one, the address that had to wait, if any. */
export function arrived() {
  if (!state.begun) return;
  const step = state.todo.shift();
  if (step) {
    step();
    return;
  }
  const fragment = state.later;
  Object.assign(state, { ready: true, later: null });
  arrivals.tell(fragment);
}

onRefused(() => Object.assign(state, { todo: [], ready: state.begun }));
