// What the tests of the shown result found. They belong to it, and go with it.

import { signal } from '../lib/signal.js';
import { onLeaving } from './view.js';

/** @import { Scale } from '../lib/colour.js' */
/** @import { EffectFacts, EvidenceAnswer, MapFacts, RankAnswer, SanityAnswer } from '../types.js' */

/**
 * @typedef {Omit<MapFacts, 'values' | 'scale'> & { values: Float32Array, scale: Scale }} AttributionMap
 * @typedef {Omit<EvidenceAnswer, 'maps'> & { maps: AttributionMap[] }} CurvesFound
 *
 * @typedef {object} Found
 * @property {CurvesFound | null} curves one gate taken away value by value
 * @property {RankAnswer | null} rank every gate set to its own mean
 * @property {SanityAnswer | null} sanity what a gate knows
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
 * @returns {EffectFacts | null}
 */
export function effectOf(block) {
  const effects = (state.rank?.effects ?? []).filter((effect) => effect.block === block);
  return effects.toSorted((one, other) => Math.abs(other.lost) - Math.abs(one.lost))[0] ?? null;
}

/** The largest effect of the ranking. */
export const mostEffect = () => Math.max(0, ...(state.rank?.effects ?? []).map(({ lost }) => Math.abs(lost)));

onLeaving(() => takeFound({ curves: null, rank: null, sanity: null }));
