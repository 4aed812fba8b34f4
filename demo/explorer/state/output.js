// Which tensor of a network of somebody's own is looked at, which of its channels, and which cell is to be explained.

import { mostVariedChannel } from '../lib/outputs.js';
import { signal } from '../lib/signal.js';
import { onLeaving, onResult, view } from './view.js';

/** @type {{ index: number, channel: number, cell: { column: number, row: number } | null, name: string | null }} */
const state = { index: 0, channel: 0, cell: null, name: null };
const looked = signal();
const asked = signal();

/** @type {Readonly<typeof state>} */
export const output = state;
export const onOutput = looked.subscribe;
export const onCell = asked.subscribe; // a cell is to be explained

/** The chosen tensor of the first result; null for the project's networks. */
export const chosenOutput = () => view.result?.outputs[state.index] ?? null;

/** @param {number} index */
export function chooseOutput(index) {
  Object.assign(state, { index, channel: mostVariedChannel(view.result.outputs[index]), cell: null });
  state.name = view.result.outputs[index].name;
  looked.tell();
}

/** @param {number} channel */
export function chooseChannel(channel) {
  const { sent } = view.result.outputs[state.index];
  state.channel = Math.max(0, Math.min(sent - 1, channel));
  looked.tell();
}

/** @param {number} column @param {number} row */
export function explainCell(column, row) {
  state.cell = { column, row };
  looked.tell();
  asked.tell();
}

/** What can be explained of the chosen tensor: texts for the server, and words. @returns {string[][]} */
export function outputTargets() {
  const one = chosenOutput();
  if (!one?.explainable || one.sent === 0) return [];
  const { channel, cell } = state;
  const targets = [[`channel:${one.name}:${channel}`, `mean of channel ${channel} of ${one.name}`]];
  if (cell) {
    const text = `cell:${one.name}:${channel}:${cell.column},${cell.row}`;
    targets.unshift([text, `cell ${cell.column}, ${cell.row} of channel ${channel} of ${one.name}`]);
  }
  return targets;
}

// A place of one photo is none of the next; the same tensor and channel are there again, where a result has them.
onLeaving(() => {
  state.cell = null;
});
onResult((result) => {
  const same = result.outputs.findIndex(({ name }) => name === state.name);
  const known = same >= 0 && state.channel < result.outputs[same].sent;
  if (known) state.index = same;
  else if (result.outputs.length) {
    const index = Math.max(
      0,
      result.outputs.findIndex(({ placed }) => placed),
    );
    Object.assign(state, {
      index,
      channel: mostVariedChannel(result.outputs[index]),
      cell: null,
      name: result.outputs[index].name,
    });
  }
  looked.tell();
});
