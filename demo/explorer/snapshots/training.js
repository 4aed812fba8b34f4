// A training in snapshots: what the network said at each. All of it arrives once for each photo; a step runs nothing
// and asks nobody.

import { readScale } from '../lib/colour.js';
import { maskPixels } from '../lib/masks.js';
import { bytes, floats } from '../lib/numbers.js';
import { signal } from '../lib/signal.js';
import { offer } from '../state/offer.js';
import { say, server } from '../state/requests.js';
import { countPixels } from './words.js';

/** @import { Scale } from '../lib/colour.js' */
/** @import { Mask } from '../lib/masks.js' */
/** @import * as Sent from '../types.js' */

/**
 * @typedef {{ codes: Uint8Array, limits: Float32Array }} Coded maps, each as bytes between two limits
 * @typedef {Omit<Sent.SnapshotBlock, 'channel' | 'spatial'> & { channel: Coded, spatial: Coded }} Block
 * @typedef {Omit<Sent.SnapshotPose, 'heatmaps' | 'scale'> & { heatmaps: Coded, scale: Scale }} Pose
 * @typedef {Sent.SnapshotParsing & { pixels: Mask[], shares: number[][], changed: number[] }} Parsing
 * @typedef {Omit<Sent.SnapshotsAnswer, 'gate' | 'blocks' | 'pose' | 'segmentation'> &
 *   { gate: Scale, blocks: Block[], pose: Pose | null, segmentation: Parsing | null }} Training
 */

/**
 * @typedef {object} Snapshots
 * @property {Training} value null before one has come, which is when nothing is drawn
 * @property {number} at index of the snapshot
 * @property {{ snapshot?: string, photo?: string, training?: string }} wanted what an address asks for
 */

/** @type {Snapshots} */
const state = { value: /** @type {any} */ (null), at: 0, wanted: {} };
const told = { value: signal(), step: signal() };
let asking = false;
/** @type {number | null} the snapshot that the visitor chose */
let kept = null;

/** @type {Readonly<Snapshots>} */
export const snapshots = state;
export const onTraining = told.value.subscribe;
export const onSnapshot = told.step.subscribe;

/** @param {Snapshots['wanted']} wanted by an address, of the next training that arrives */
export function wantSnapshot(wanted) {
  state.wanted = wanted;
}

/** @param {number} at */
export function stepTo(at) {
  state.at = at;
  kept = at;
  told.step.tell();
}

/** @param {{ photo?: string, training?: string }} more of another one */
export async function askSnapshots(more = {}) {
  if (asking || !offer.trainings.length) return;
  asking = true;
  const { training, photo } = state.wanted;
  const sent = await server.snapshots({ training, photo, ...more }).catch(() => null);
  asking = false;
  if (sent && 'kind' in sent) {
    say(sent.text);
    state.wanted = {};
    return;
  }
  if (!sent) {
    say('The server does not answer; open this tab again for the snapshots of the training.');
    return;
  }
  const value = await readSnapshots(sent);
  const step = value.steps.indexOf(Number(state.wanted.snapshot ?? NaN));
  Object.assign(state, { value, at: step >= 0 ? step : (kept ?? value.steps.length - 1), wanted: {} });
  told.value.tell();
}

/** @param {Sent.SnapshotsAnswer} sent @returns {Promise<Training>} */
async function readSnapshots(sent) {
  const read = ({ codes, limits }) => ({ codes: bytes(codes), limits: floats(limits) });
  const { segmentation } = sent;
  const pixels = await Promise.all((segmentation?.masks ?? []).map(maskPixels));
  return {
    ...sent,
    gate: readScale(sent.gate),
    blocks: sent.blocks.map((block) => ({ ...block, channel: read(block.channel), spatial: read(block.spatial) })),
    pose: sent.pose && { ...sent.pose, heatmaps: read(sent.pose.heatmaps), scale: readScale(sent.pose.scale) },
    segmentation: segmentation && { ...segmentation, pixels, ...countPixels({ ...segmentation, pixels }) },
  };
}
