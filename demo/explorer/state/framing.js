// What part of the photo the network is to see next: the person it finds, the whole image, or the visitor's own box.

import { signal } from '../lib/signal.js';
import { onResult, view } from './view.js';

/** @typedef {[number, number, number, number]} Box left, top, right and bottom edge in pixels of the photo */

/** @type {{ choice: string, wanted: Box | null, instead: boolean }} */
const state = { choice: 'person', wanted: null, instead: false };
const changed = signal();

/** @type {Readonly<{ choice: string, wanted: Box | null, instead: boolean }>} */
export const framing = state;
export const onFraming = changed.subscribe;

/**
 * @param {string} choice "person", "image" or "box"
 * @param {boolean} instead not chosen by the visitor, but because the model finds nobody
 */
export function setCrop(choice, instead = false) {
  Object.assign(state, { choice, instead });
  if (choice === 'box' && !state.wanted && view.result) state.wanted = shownBox();
  changed.tell();
}

/** @param {number[] | null} box left, top, right and bottom edge */
export function setWanted(box) {
  state.wanted = /** @type {Box | null} */ (box);
  changed.tell();
}

/** @returns {Box} */
const shownBox = () => /** @type {Box} */ (view.result.crop.box.map(Math.round));

onResult(() => setWanted(state.choice === 'box' ? shownBox() : null));
