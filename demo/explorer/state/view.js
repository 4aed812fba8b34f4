// The result that is shown, and what the visitor has chosen of it: a block, channels of it, a joint.

import { mostVaried, readResult } from '../lib/results.js';
import { signal } from '../lib/signal.js';
import { clearChannel, clearFocus } from './focus.js';

/** @import { Result } from '../lib/results.js' */
/** @import { AskedFacts, ResultFacts } from '../types.js' */

/**
 * @typedef {object} View
 * @property {Result} result null until the first has come, before which nothing is drawn
 * @property {AskedFacts | null} asked what the visitor asked for, where they asked
 * @property {number} block index of the chosen block
 * @property {string | null} blockName it is chosen again in the next result that has one of this name
 * @property {number | null} joint index of the chosen joint
 */

/**
 * @template {any[]} Facts
 * @typedef {import('../lib/signal.js').Signal<Facts>} Signal
 */

/** @type {View} */
const state = { result: /** @type {any} */ (null), asked: null, block: 0, blockName: null, joint: null };
/** @type {Set<number>} */
const channels = new Set();
const told = {
  leaving: signal(),
  result: /** @type {Signal<[result: Result]>} */ (signal()),
  block: signal(),
  joint: signal(),
  chosen: signal(),
};

/** @type {Readonly<View>} */
export const view = state;
/** @type {ReadonlySet<number>} */
export const chosen = channels;
export const onLeaving = told.leaving.subscribe; // before another result comes: what belonged to this one goes
export const onResult = told.result.subscribe;
export const onBlock = told.block.subscribe; // chosen by the visitor, or with a new result
export const onJoint = told.joint.subscribe;
export const onChosen = told.chosen.subscribe;

/** The name of the chosen block. */
export const here = () => view.result.blocks[view.block].name;

/** The chosen block, untouched. */
export const chosenBlock = () => view.result.blocks[view.block];

export const hasBlocks = () => Boolean(view.result?.blocks.length);

/** @param {AskedFacts | null} asked what the next result was asked with */
export function leave(asked = null) {
  state.asked = asked;
  told.leaving.tell();
}

/**
 * @param {ResultFacts} facts
 * @param {number | null} joint chosen in it
 */
export function showResult(facts, joint = null) {
  const result = readResult(facts);
  clearFocus();
  const same = result.blocks.findIndex((block) => block.name === state.blockName);
  Object.assign(state, { result, joint, block: same >= 0 ? same : mostVaried(result) });
  told.result.tell(result);
  told.block.tell();
}

/** @param {number} index */
export function chooseBlock(index) {
  state.block = index;
  state.blockName = view.result.blocks[index].name;
  channels.clear();
  clearChannel();
  told.block.tell();
}

/** @param {number | null} joint */
export function chooseJoint(joint) {
  state.joint = joint;
  told.joint.tell();
}

/** @param {Iterable<number>} these in place of those that were chosen */
export function chooseChannels(these) {
  const wanted = [...these];
  channels.clear();
  for (const channel of wanted) channels.add(channel);
  told.chosen.tell();
}

/**
 * @param {number} channel
 * @param {boolean} wanted
 */
export function turnChannel(channel, wanted) {
  if (wanted) channels.add(channel);
  else channels.delete(channel);
  told.chosen.tell();
}
