// The steps of one block as the server computed them, and which of them is open.

import { cellAt } from '../lib/cells.js';
import { readScale } from '../lib/colour.js';
import { part, wholeNumber } from '../lib/dom.js';
import { floats } from '../lib/numbers.js';
import { signal } from '../lib/signal.js';
import { table } from '../lib/tables.js';
import { onAnswer, onRefused, onSettled } from '../state/answers.js';
import { pending } from '../state/arrival.js';
import { focus } from '../state/focus.js';
import { poll, requests, running, setUnderWay, trigger } from '../state/requests.js';
import { onTab, tabs } from '../state/tabs.js';
import { hasBlocks, here, onBlock, onLeaving } from '../state/view.js';
import { showAsText } from '../text/text.js';

/** @import { Scale } from '../lib/colour.js' */
/** @import { NormFacts, StageFacts, WalkAnswer, WeightFacts } from '../types.js' */

/**
 * The answer, its tensors as arrays; `of` has the stages by their keys.
 *
 * @typedef {Omit<StageFacts, 'values' | 'scale'> & { values: Float32Array, scale: Scale }} Stage
 * @typedef {Record<string, Omit<WeightFacts, 'values'> & { values: Float32Array }>} Weights
 * @typedef {Omit<NormFacts, 'gain' | 'offset'> & { gain: Float32Array, offset: Float32Array }} Norm
 * @typedef {Omit<WalkAnswer, 'stages' | 'weights' | 'norm'> & { stages: Stage[], of: Record<string, Stage>,
 *   weights: Weights, norm: Norm | null }} Steps
 */

/**
 * @typedef {object} Walk
 * @property {Steps} value null before the answer
 * @property {string | null} open key of the step that is worked out
 * @property {number | null} inner the inner channel that is pointed at
 * @property {string | null} refused the block that the server did not want to take apart
 */

/** @type {Walk} */
const state = { value: /** @type {any} */ (null), open: null, inner: null, refused: null };
const told = { value: signal(), open: signal() };

/** @type {Readonly<Walk>} */
export const walk = state;
export const onWalk = told.value.subscribe;
export const onStep = told.open.subscribe;

/** @param {string} key opened, or closed if it was open */
export function openStep(key) {
  state.open = state.open === key ? null : key;
  told.open.tell();
}

/** @param {number | null} channel */
export function pointAtInner(channel) {
  state.inner = channel;
  told.open.tell();
}

/** The channel of the pictures. */
export const walkChannel = () => focus.channel ?? wholeNumber('walk-channel');

/** @param {number} count of inner channels */
export const innerOf = (count) => (walk.inner ?? walkChannel()) % count;

/** The map of a tensor with several channels is that of one of them, and says of which. @param {Stage} stage */
export function slice(stage) {
  const [height, width] = stage.shape.slice(-2);
  if (stage.axes.length === 2) return { values: stage.values, index: null };
  const index = stage.axes[0] === 'C' ? walkChannel() % stage.shape[0] : innerOf(stage.shape[0]);
  return { values: stage.values.subarray(index * height * width, (index + 1) * height * width), index };
}

/** The cell that is pointed at; without a hover, the cell that the channel branch weighs most. */
export function currentCell() {
  const softmax = walk.value.of['channel.softmax'];
  const [height, width] = softmax.shape;
  if (focus.place) {
    const [column, row] = cellAt(focus.place, width, height);
    return { column, row, cell: row * width + column, cells: width * height };
  }
  const cell = softmax.values.indexOf(Math.max(...softmax.values));
  return { column: cell % width, row: Math.floor(cell / width), cell, cells: width * height };
}

// Asked for when the tab is open; what is under way asks again at its end.
function askWalk() {
  if (tabs.current !== 'walk' || !hasBlocks() || walk.value?.block === here()) return;
  if (running() || pending() || walk.refused === here()) return;
  setUnderWay('walk', true);
  part('walk-name').textContent = here();
  part('walk-state').textContent = 'the network is computing the steps of this block…';
  trigger('walk', { block: here() });
  poll();
}

/** @param {WalkAnswer} value */
function answeredWalk(value) {
  const stages = value.stages.map((stage) => ({
    ...stage,
    values: floats(stage.values),
    scale: readScale(stage.scale),
  }));
  const weights = Object.fromEntries(
    Object.entries(value.weights).map(([key, one]) => [key, { ...one, values: floats(one.values) }]),
  );
  const norm = value.norm && { ...value.norm, gain: floats(value.norm.gain), offset: floats(value.norm.offset) };
  const of = Object.fromEntries(stages.map((stage) => [stage.key, stage]));
  state.value = { ...value, weights, norm, of, stages };
  setUnderWay('walk', false);
  part('walk-state').textContent = '';
  part('walk-channel').value = strongest(of['channel.gate'].values);
  if (value.block === here()) told.value.tell();
}

/** The channel with the highest weight: what it carries shows most. @param {Float32Array} gate */
const strongest = (gate) => gate.indexOf(Math.max(...gate));

function refusedWalk() {
  if (requests.walk) state.refused = here();
  setUnderWay('walk', false);
  part('walk-state').textContent = '';
}

function forgetWalk() {
  Object.assign(state, { value: null, open: null, refused: null });
  setUnderWay('walk', false);
  told.value.tell();
}

export function mount() {
  part('walk-channel').addEventListener('input', () => pointAtInner(null));
  onAnswer('walk', answeredWalk);
  onRefused(refusedWalk);
  onLeaving(forgetWalk);
  onBlock(askWalk);
  onTab(askWalk);
  onSettled(askWalk);
  showAsText('walk', walkTables);
}

function walkTables() {
  if (!walk.value) return [];
  const steps = walk.value.stages.map((stage) => [
    stage.term,
    stage.path,
    stage.shape.join(' × '),
    stage.words,
    stage.sd,
  ]);
  const rules = walk.value.formulas.map((row) => [
    `${row.formula}, ${row.layout}`,
    row.label ?? '',
    row.block?.channelWords ?? row.why ?? '',
    row.block?.spatialWords ?? '',
  ]);
  return [
    table(`Steps of ${walk.value.block}`, ['step', 'module', 'shape', 'range', 'sd'], steps),
    table('The same block under every formula', ['formula', 'weights', 'channel gate', 'spatial gate'], rules),
  ];
}
