// Numbers as the browser gets them and as the visitor reads them.

export const THIN = '\u2009';
const MINUS = '\u2212';

/**
 * @param {string} text base64
 * @returns {Uint8Array<ArrayBuffer>}
 */
export function bytes(text) {
  const letters = atob(text);
  const read = new Uint8Array(letters.length);
  for (let i = 0; i < letters.length; i += 1) read[i] = letters.charCodeAt(i);
  return read;
}

/**
 * Little-endian float32, as the server encodes them and every machine with a browser has them.
 *
 * @param {string} text base64
 */
export function floats(text) {
  return new Float32Array(bytes(text).buffer);
}

/**
 * A probability: four decimals, a power of ten where they would all be zeros.
 *
 * @param {number} value
 */
export function probability(value) {
  if (value === 0) return '0';
  if (value >= 0.0005) return value.toFixed(4);
  return value.toExponential(0).replace('e-', `e${MINUS}`);
}

/** @param {number} value a change of a probability */
export const signedProbability = (value) =>
  value === 0 ? 'no change' : `${value < 0 ? MINUS : '+'}${probability(Math.abs(value))}`;

/** @param {number} value any number, four decimals or a power of ten */
export const signed = (value) =>
  (Math.abs(value) >= 0.0005 || value === 0 ? value.toFixed(4) : value.toExponential(1)).replace('-', MINUS);

/** @param {number} value */
export const minus = (value, places = 2) => value.toFixed(places).replace('-', MINUS);

/** @param {number | null | undefined} value a rank correlation; there is none where one side is constant */
export const known = (value) => (value === null || value === undefined ? 'constant' : minus(value));

/** @param {number} share a part of one */
export const inPercent = (share) => (share === 0 || share >= 0.0005 ? `${(100 * share).toFixed(1)}%` : 'under 0.1%');

/** @param {string} name as programs write it */
export const inWords = (name) => name.replaceAll('_', ' ');

/**
 * The smallest and the largest value.
 *
 * @param {Iterable<number>} values
 * @returns {[number, number]}
 */
export function ends(values) {
  let [low, high] = [Infinity, -Infinity];
  for (const value of values) {
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return [low, high];
}

/** @param {Iterable<number>} values */
export const spanOf = (values) => {
  const [low, high] = ends(values);
  return high - low;
};

/** @param {Iterable<number>} values */
export const spanWords = (values) =>
  ends(values)
    .map((value) => minus(value, 4))
    .join(' to ');

/**
 * @param {ArrayLike<number>} one
 * @param {ArrayLike<number>} other of the same length
 */
export function differs(one, other) {
  return one !== other && Array.prototype.some.call(one, (value, i) => value !== other[i]);
}

/**
 * @param {number} before
 * @param {number} after
 * @param {number} places decimals
 */
export function wasAndIs(before, after, places) {
  return before === after ? before.toFixed(places) : `${before.toFixed(places)} → ${after.toFixed(places)}, edited`;
}

/**
 * "0-3, 17" -> [0, 1, 2, 3, 17], within `count`.
 *
 * @param {string} text
 * @param {number} count
 * @returns {number[] | null} null where it can not be read
 */
export function readRanges(text, count) {
  const found = new Set();
  for (const piece of text.split(/[,;\s]+/).filter(Boolean)) {
    const match = piece.match(/^(\d+)(?:[-–](\d+))?$/);
    if (!match) return null;
    const last = Math.min(count - 1, Number(match[2] ?? match[1]));
    for (let value = Number(match[1]); value <= last; value += 1) found.add(value);
  }
  return [...found].filter((value) => value < count).sort((a, b) => a - b);
}

/**
 * [0, 1, 2, 3, 17] -> "0-3, 17".
 *
 * @param {Iterable<number>} values
 */
export function inRanges(values) {
  /** @type {[number, number][]} */
  const pieces = [];
  for (const value of [...values].sort((a, b) => a - b)) {
    const last = pieces.at(-1);
    if (last && last[1] === value - 1) last[1] = value;
    else pieces.push([value, value]);
  }
  return pieces.map(([from, to]) => (from === to ? `${from}` : `${from}-${to}`)).join(', ');
}
