// The text of an address, and what can be read from one.

import { unpacked } from './painted.js';

/** Switches of the page that the address holds. */
export const SCALES = [
  'heat-scale',
  'map-scale',
  'channel-scale',
  'channel-order',
  'spatial-scale',
  'spatial-back',
  'heat-back',
];

/** Everything that an address can hold, in the order in which it holds it: docs/LINKS.md. */
export const NAMES = [
  ...['tab', 'tour', 'example', 'model', 'crop', 'flip', 'block'],
  ...SCALES,
  ...['joint', 'picture', 'statistic', 'with', 'snapshot', 'seen', 'training', 'edits'],
];

/**
 * @param {Record<string, any[] | null | undefined>} state of each name its value and the usual one, which is left out
 */
export function addressOf(state) {
  const unknown = Object.keys(state).find((name) => !NAMES.includes(name));
  if (unknown) throw new Error(`expected one of ${NAMES.join(', ')}, got ${unknown}`);
  const address = new URLSearchParams();
  for (const name of NAMES) {
    const [value, usual] = state[name] ?? [];
    if (value && value !== usual) address.set(name, String(value));
  }
  return address;
}

/**
 * "image", or the edges of a box; anything else is left out.
 *
 * @param {string | null} text
 */
export function readCrop(text) {
  if (text === 'image') return { crop: 'image', box: null };
  const box = (text ?? '').split(',').map(Number);
  return text && box.length === 4 && box.every(Number.isFinite) ? { crop: 'box', box } : null;
}

/**
 * A list of edits; null where it can not be read.
 *
 * @param {string | null} text JSON, with masks packed
 */
export function readList(text) {
  try {
    const list = JSON.parse(text ?? '[]');
    return Array.isArray(list) && list.every((edit) => edit && typeof edit === 'object') ? list.map(unpacked) : [];
  } catch {
    return null;
  }
}
