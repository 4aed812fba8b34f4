// Scales: from a value to one of 256 colours, by the rule that the server draws with.

import { bytes } from './numbers.js';

/** @import { ScaleFacts } from '../types.js' */

/**
 * `table` has 256 rows of red, green and blue; `inks` are made once for each way of covering, see cells.js.
 *
 * @typedef {ScaleFacts & { table: Uint8Array, inks?: Map<Function, Uint32Array> }} Scale
 */

/** @type {Record<string, Uint8Array>} */
let tables = {};

/**
 * The 256 colours of every scale that the server draws with, once; a scale names its own.
 *
 * @param {Record<string, string>} given base64, by name
 */
export function learnColours(given) {
  tables = Object.fromEntries(Object.entries(given).map(([name, table]) => [name, bytes(table)]));
}

/**
 * @param {ScaleFacts} facts
 * @returns {Scale}
 */
export function readScale(facts) {
  return { ...facts, table: tables[facts.colours] };
}

/**
 * The row of a scale's table: the same rule as Scale.indices on the server.
 *
 * @param {Pick<Scale, 'low' | 'high' | 'constant'>} scale
 * @param {number} value
 */
export function colourIndex(scale, value) {
  if (scale.constant) return 0;
  const step = Math.floor(((value - scale.low) / (scale.high - scale.low)) * 256);
  return Math.min(255, Math.max(0, step));
}

/**
 * @param {Scale} scale
 * @param {number} value
 * @returns {[number, number, number]} red, green and blue, 0 to 255
 */
export function rgbOf(scale, value) {
  const row = 3 * colourIndex(scale, value);
  return [scale.table[row], scale.table[row + 1], scale.table[row + 2]];
}

/**
 * @param {Scale} scale
 * @param {number} value
 */
export const colourOf = (scale, value) => `rgb(${rgbOf(scale, value).join(', ')})`;
