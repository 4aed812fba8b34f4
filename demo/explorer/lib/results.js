// What the server sends, with its numbers as arrays and its scales with their colours.

import { readScale } from './colour.js';
import { floats } from './numbers.js';
import { readOther, readOutput } from './outputs.js';

/** @import * as Sent from '../types.js' */
/** @import { Scale } from './colour.js' */

/**
 * @typedef {Omit<Sent.PoseFacts, 'shared' | 'own'> & { shared: Scale, own: Scale[], maps: Float32Array[] }} Pose
 * @typedef {Omit<Sent.ParsingFacts, 'probabilities' | 'scale'> & { probabilities: Float32Array, scale: Scale }} Parsing
 * @typedef {Omit<Sent.BlockFacts, 'channelStretched' | 'spatialStretched'> &
 *   { channelGate: Float32Array, spatialGate: Float32Array, channelStretched: Scale, spatialStretched: Scale }} Block
 * @typedef {Omit<Sent.StatisticFacts, 'absolute' | 'fitted'> & { absolute: Scale, fitted: Scale }} Statistic
 * @typedef {Omit<Sent.BlockMapFacts, 'statistics'> & { statistics: Statistic[] }} BlockMap
 * @typedef {{ pose: Pose | null, segmentation: Parsing | null, blocks: Block[], outputs: any[], others: any[] }} Predicted
 * @typedef {Omit<Sent.ResultFacts, keyof Predicted | 'gate' | 'map'> & Predicted &
 *   { gate: Scale, map: BlockMap | null }} Result
 * @typedef {Omit<Sent.ChangeFacts, 'heatmaps' | 'probabilities' | 'gates'> & { heatmaps: Scale | null,
 *   probabilities: Scale | null, gates: Record<string, { channel: Scale, spatial: Scale }> }} Change
 * @typedef {Omit<Sent.SecondFacts, keyof Predicted> & Predicted & { change: Change,
 *   statistics?: Record<string, Sent.StatisticValues> }} Second
 */

/**
 * What both kinds of result have.
 *
 * @param {Pick<Sent.SecondFacts, 'pose' | 'segmentation' | 'blocks' | 'outputs' | 'others'>} facts
 * @returns {Predicted}
 */
export function readPredicted({ pose, segmentation, blocks, outputs, others }) {
  return {
    pose: pose && readPose(pose),
    segmentation: segmentation && {
      ...segmentation,
      probabilities: floats(segmentation.probabilities),
      scale: readScale(segmentation.scale),
    },
    outputs: outputs.map(readOutput),
    others: others.map(readOther),
    blocks: blocks.map((block) => ({
      ...block,
      channelGate: floats(block.channel),
      spatialGate: floats(block.spatial),
      channelStretched: readScale(block.channelStretched),
      spatialStretched: readScale(block.spatialStretched),
    })),
  };
}

/** @param {Sent.PoseFacts} pose @returns {Pose} */
function readPose(pose) {
  const size = pose.width * pose.height;
  const all = floats(pose.heatmaps);
  return {
    ...pose,
    shared: readScale(pose.shared),
    own: pose.own.map(readScale),
    maps: pose.names.map((_, joint) => all.subarray(joint * size, (joint + 1) * size)),
  };
}

/** @param {Sent.ResultFacts} facts @returns {Result} */
export function readResult(facts) {
  const read = (one) => ({ ...one, absolute: readScale(one.absolute), fitted: readScale(one.fitted) });
  const map = facts.map && { ...facts.map, statistics: facts.map.statistics.map(read) };
  return { ...facts, ...readPredicted(facts), gate: readScale(facts.gate), map };
}

/** @param {Sent.ChangeFacts} change @returns {Change} */
export function readChange(change) {
  const gates = Object.entries(change.gates).map(([name, scales]) => [
    name,
    { channel: readScale(scales.channel), spatial: readScale(scales.spatial) },
  ]);
  return {
    ...change,
    heatmaps: change.heatmaps && readScale(change.heatmaps),
    probabilities: change.probabilities && readScale(change.probabilities),
    gates: Object.fromEntries(gates),
    outputs: change.outputs.map((one) => ({ ...one, scale: one.scale && readScale(one.scale) })),
  };
}

/**
 * A second result that has blocks of its own.
 *
 * @param {Sent.SecondFacts} other
 * @param {Sent.ChangeFacts} change
 * @returns {Second}
 */
export const readSecond = (other, change) => ({ ...other, ...readPredicted(other), change: readChange(change) });

/**
 * The second result, with the blocks that were not reached taken from the first: the very same objects.
 *
 * @param {Sent.SecondFacts} after
 * @param {Sent.ChangeFacts} change
 * @param {Result} result
 * @returns {Second}
 */
export function readAfter(after, change, result) {
  const read = readSecond(after, change);
  const fresh = new Map(read.blocks.map((block) => [block.name, block]));
  const blocks = result.blocks.map((block) => fresh.get(block.name) ?? block);
  return { ...read, blocks };
}

/**
 * The one of this name, where there has to be one.
 *
 * @template {{ name: string }} Named
 * @param {Named[]} all
 * @param {string} name
 * @returns {Named}
 */
export function byName(all, name) {
  const found = all.find((one) => one.name === name);
  if (!found) throw new Error(`there is no ${name}; there are ${all.map((one) => one.name).join(', ')}`);
  return found;
}

/** The block whose spatial gate varies most, so that the first thing to see is not a flat one. @param {Result} result */
export function mostVaried(result) {
  if (!result.map) return 0;
  const { values } = result.map.statistics[0];
  return values.indexOf(Math.max(...values));
}

/** Classes that are the likeliest of some cell: one without any has no place to be explained. @param {Parsing} parsing */
export function predictedClasses({ names, width, height, probabilities }) {
  const found = new Set();
  for (let cell = 0; cell < width * height; cell += 1) {
    let best = 0;
    for (let k = 1; k < names.length; k += 1) {
      if (probabilities[k * width * height + cell] > probabilities[best * width * height + cell]) best = k;
    }
    found.add(best);
  }
  return [...found].sort((a, b) => a - b);
}
