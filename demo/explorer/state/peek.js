// The block whose map lies over the photo for as long as it is pointed at.

import { signal } from '../lib/signal.js';

/** @type {{ block: number | null }} */
const state = { block: null };
const changed = signal();

/** @type {Readonly<{ block: number | null }>} */
export const peek = state;
export const onPeek = changed.subscribe;

/** @param {number | null} block index; null for none */
export function peekAt(block) {
  if (state.block === block) return;
  state.block = block;
  changed.tell();
}
