// The edit of the list that is pointed at: what it changes lights up.

import { signal } from '../lib/signal.js';
import { hasBlocks, here } from './view.js';

/** @import { Edit } from '../lib/painted.js' */

/** @type {{ edit: Edit | null }} */
const state = { edit: null };
const changed = signal();

/** @type {Readonly<{ edit: Edit | null }>} */
export const lit = state;
export const onLit = changed.subscribe;

/** @param {Edit | null} edit */
export function light(edit) {
  state.edit = edit;
  if (hasBlocks()) changed.tell();
}

/** The same, where it is about the chosen block. */
export const litHere = () => (lit.edit && lit.edit.block === here() ? lit.edit : null);
