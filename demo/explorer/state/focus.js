// One hover for the whole page: a place in the crop, a channel, or neither. Every panel listens.

import { signal } from '../lib/signal.js';

/**
 * @typedef {object} Focus
 * @property {import('../lib/cells.js').Place | null} place
 * @property {number | null} channel
 * @property {import('../lib/cells.js').Place | null} heldPlace
 * @property {number | null} heldChannel
 */

/** @type {Focus} */
const state = { place: null, channel: null, heldPlace: null, heldChannel: null };
/** @type {import('../lib/signal.js').Signal<[place: Focus['place'], channel: Focus['channel']]>} */
const moved = signal();

/** @type {Readonly<Focus>} */
export const focus = state;
export const onFocus = moved.subscribe;

/** Say again where the focus is: what lies there has changed. */
export function tell() {
  moved.tell(state.place, state.channel);
}

/** @param {Focus['place']} place null for the one that is held, if any */
export function pointAt(place) {
  state.place = place ?? state.heldPlace;
  tell();
}

/** @param {number | null} channel null for the one that is held, if any */
export function pointAtChannel(channel) {
  state.channel = channel ?? state.heldChannel;
  tell();
}

/**
 * A click holds a place until it is clicked again, or Escape.
 *
 * @param {NonNullable<Focus['place']>} place
 */
export function hold(place) {
  const same = state.heldPlace && state.heldPlace.u === place.u && state.heldPlace.v === place.v;
  state.heldPlace = same ? null : place;
  pointAt(place);
}

/** @param {number} channel held, or let go of if it was */
export function holdChannel(channel) {
  state.heldChannel = state.heldChannel === channel ? null : channel;
  pointAtChannel(channel);
}

export function letGo() {
  clearFocus();
  tell();
}

/** The same, without telling: what is drawn next says so. */
export function clearFocus() {
  Object.assign(state, { place: null, channel: null, heldPlace: null, heldChannel: null });
}

export function clearChannel() {
  Object.assign(state, { channel: null, heldChannel: null });
}
