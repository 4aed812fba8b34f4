// What the tests of the shown result found. They belong to it, and go with it.

import { signal } from '../lib/signal.js';
import { onLeaving } from './view.js';

/**
 * @typedef {object} Found
 * @property {any} curves one gate taken away value by value
 * @property {any} rank every gate set to its own mean
 * @property {any} sanity what a gate knows
 */

/** @type {Found} */
const state = { curves: null, rank: null, sanity: null };
const changed = signal();

/** @type {Readonly<Found>} */
export const found = state;
export const onFound = changed.subscribe;

/** @param {Partial<Found>} more */
export function takeFound(more) {
  Object.assign(state, more);
  changed.tell();
}

/**
 * The gate of a block that the ranking found to matter most; null where it was not ranked.
 *
 * @param {string} block
 * @returns {{ block: string, branch: string, lost: number } | null}
 */
export function effectOf(block) {
  const effects = (state.rank?.effects ?? []).filter((effect) => effect.block === block);
  return effects.reduce((most, one) => (!most || Math.abs(one.lost) > Math.abs(most.lost) ? one : most), null);
}

/** The largest effect of the ranking. */
export const mostEffect = () => Math.max(0, ...(state.rank?.effects ?? []).map(({ lost }) => Math.abs(lost)));

onLeaving(() => takeFound({ curves: null, rank: null, sanity: null }));
