// The edit of the list that is pointed at: what it changes lights up.

import { signal } from '../lib/signal.js';
import { hasBlocks, here } from './view.js';

/** @type {{ edit: any }} */
const state = { edit: null };
const changed = signal();

/** @type {Readonly<{ edit: any }>} */
export const lit = state;
export const onLit = changed.subscribe;

/** @param {any} edit null for none */
export function light(edit) {
  state.edit = edit;
  if (hasBlocks()) changed.tell();
}

/** The same, where it is about the chosen block. */
export const litHere = () => (lit.edit && lit.edit.block === here() ? lit.edit : null);
