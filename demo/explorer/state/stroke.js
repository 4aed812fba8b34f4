// The stroke of the brush that is being drawn, or whose answer has not come back yet.

import { listWithStroke } from '../lib/painted.js';
import { signal } from '../lib/signal.js';
import { edits, endTrying, onAfter } from './edits.js';
import { tabs } from './tabs.js';
import { chosenBlock, here, view } from './view.js';

/** @typedef {import('../lib/painted.js').Stroke} Stroke */

/** @type {{ stroke: Stroke | null, drawing: boolean, mode: string, reach: string }} */
const state = { stroke: null, drawing: false, mode: 'paint', reach: 'block' };
const changed = signal();

/** @type {Readonly<{ stroke: Stroke | null, drawing: boolean, mode: string, reach: string }>} */
export const brush = state;
export const onStroke = changed.subscribe;

/** @param {string} mode "paint", "erase" or "point" */
export function setBrush(mode) {
  state.mode = mode;
}

/** @param {string} reach "block" for the chosen one, "size" for all whose maps have as many cells */
export function setReach(reach) {
  state.reach = reach;
}

/** The blocks that a stroke paints. */
export function blocksPainted() {
  const { width, height } = chosenBlock();
  const alike = view.result.blocks.filter((block) => block.width === width && block.height === height);
  return state.reach === 'size' ? alike.map(({ name }) => name) : [here()];
}

/** Whether the pointer paints on the map, and does not only point. */
export const painting = () => tabs.current === 'change' && state.mode !== 'point';

/**
 * @param {number} value
 * @param {boolean} drawing with a pointer that is still down
 */
export function beginStroke(value, drawing) {
  state.drawing = drawing;
  state.stroke = {
    blocks: blocksPainted(),
    cells: new Set(),
    erases: state.mode === 'erase',
    value,
    before: edits.list,
  };
}

/** @param {Iterable<number>} cells */
export function strokeOver(cells) {
  for (const cell of cells) state.stroke?.cells.add(cell);
  changed.tell();
}

/** The list of edits with the stroke as far as it is drawn. */
export const strokeSoFar = () => (state.stroke ? listWithStroke(state.stroke, chosenBlock()) : edits.list);

/** What was painted is shown until the network has answered; what was erased is not. */
export function endStroke() {
  const { stroke } = state;
  if (!stroke) return;
  const list = listWithStroke(stroke, chosenBlock());
  if (stroke.erases || JSON.stringify(list) === JSON.stringify(stroke.before)) state.stroke = null;
  endTrying(stroke.before, list);
  state.drawing = false;
}

/**
 * The gate as it is drawn while a stroke has not come back from the server yet.
 *
 * @param {import('../lib/results.js').Block} block
 */
export function withStroke(block) {
  const { stroke } = state;
  if (!stroke || !stroke.blocks.includes(block.name) || tabs.current !== 'change') return block.spatialGate;
  const untouched = chosenBlock().spatialGate;
  const painted = (cell) => (stroke.erases ? untouched[cell] : stroke.value);
  return block.spatialGate.map((value, cell) => (stroke.cells.has(cell) ? painted(cell) : value));
}

onAfter(() => {
  if (!state.drawing) state.stroke = null;
});
