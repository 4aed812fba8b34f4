// Gates of the frame that the camera has just shown. While there are any, the panels draw them in place of the result's.

import { spanWords } from '../lib/numbers.js';
import { signal } from '../lib/signal.js';

/** @typedef {{ width: number, height: number, gate: Float32Array }} Cells */

/**
 * @typedef {object} Live
 * @property {boolean} on
 * @property {Map<string, any>} gates by block: what is otherwise than in the result
 * @property {{ key: string, values: Float32Array } | null} statistic of every block
 */

/** @type {Live} */
const state = { on: false, gates: new Map(), statistic: null };
const told = { on: signal(), gates: signal() };

/** @type {Readonly<Live>} */
export const live = state;
export const onLive = told.on.subscribe;
export const onLiveGates = told.gates.subscribe;

/** @param {boolean} on */
export function setLive(on) {
  Object.assign(state, { on, gates: new Map(), statistic: null });
  told.on.tell();
  told.gates.tell();
}

/**
 * @param {object} frame
 * @param {string} frame.name of the block that is sent in full
 * @param {Float32Array} frame.channel its channel gate
 * @param {Cells} frame.spatial and its map
 * @param {{ names: string[], maps: Cells[], key: string, values: Float32Array } | null} frame.all every block's map
 */
export function takeFrame({ name, channel, spatial, all }) {
  all?.names.forEach((one, i) => state.gates.set(one, { ...state.gates.get(one), ...asMap(all.maps[i]) }));
  if (all) state.statistic = { key: all.key, values: all.values };
  if (name) {
    const words = { channelSpan: spanWords(channel), channelWords: 'Of this moment.', spatialWords: 'Of this moment.' };
    state.gates.set(name, { ...asMap(spatial), channelGate: channel, ...words });
  }
  told.gates.tell();
}

/** @param {Cells} cells */
const asMap = ({ width, height, gate }) => ({ width, height, spatialGate: gate, spatialSpan: spanWords(gate) });

/** A block as it is at this moment. @param {any} block of a result */
export const atThisMoment = (block) =>
  state.on && state.gates.has(block.name) ? { ...block, ...state.gates.get(block.name) } : block;
