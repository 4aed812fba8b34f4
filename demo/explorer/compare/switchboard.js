// Channel only, spatial only, both, none; added or one after the other: eight predictions of one crop.

import { make, part, segmented } from '../lib/dom.js';
import { maskPixels, paintClasses } from '../lib/masks.js';
import { paintJoints } from '../lib/skeleton.js';
import { table } from '../lib/tables.js';
import { onAnswer } from '../state/answers.js';
import { ask } from '../state/requests.js';
import { here, onLeaving, view } from '../state/view.js';
import { showAsText, writeText } from '../text/text.js';

/** @import { SwitchboardAnswer, SwitchboardCell, SwitchboardColumn } from '../types.js' */

/** @type {{ value: SwitchboardAnswer | null }} */
const board = { value: null };

export function mount() {
  const scope = segmented('switch-scope', 'all', () => {});
  part('switch-run').addEventListener('click', () =>
    ask('switchboard', { block: scope.value === 'one' ? here() : null }, 'the network is running eight times…'),
  );
  onAnswer('switchboard', answeredSwitchboard);
  onLeaving(forgetBoard);
  showAsText('compare', boardTables);
}

function answeredSwitchboard(value) {
  board.value = value;
  const heads = value.columns.map(({ layout, own }) =>
    make('th', { scope: 'col', text: own ? `${layout} (as trained)` : layout }),
  );
  const rows = value.rows.map((row, i) =>
    make(
      'tr',
      {},
      make('th', { scope: 'row', text: row }),
      ...value.columns.map((column) => boardCell(column, i, value.rows.length)),
    ),
  );
  const where = value.block ? `block ${value.block}` : 'every block';
  part('switchboard').replaceChildren(
    make(
      'table',
      {},
      make('caption', { text: `Branches of ${where}, and how far each prediction is from the model’s own` }),
      make('thead', {}, make('tr', {}, make('td', {}), ...heads)),
      make('tbody', {}, ...rows),
    ),
  );
  writeText();
  part('switch-words').textContent =
    'Without the other branch, adding and multiplying are the same thing: only the first row differs between the columns.';
}

/** @param {SwitchboardColumn} column @param {number} i of the row @param {number} rows in all */
function boardCell(column, i, rows) {
  if (column.why) return i === 0 ? make('td', { rowspan: rows, class: 'why', text: column.why }) : make('template');
  const cell = column.cells[i];
  const canvas = make('canvas', {
    role: 'img',
    'aria-label': `${cell.row}, ${column.layout}: ${cell.words}`,
    width: 96,
    height: 96,
  });
  const host = make('div', { class: 'map small' }, make('img', { src: view.result.crop.src, alt: '' }), canvas);
  host.style.aspectRatio = `${view.result.crop.width} / ${view.result.crop.height}`;
  paintBoard(canvas, cell);
  const numbers = cell.identical
    ? ['the same to the last bit']
    : [
        cell.moved === null ? '' : `joints move ${cell.moved} px on average, at most ${cell.furthest}`,
        cell.flipped === null ? '' : `${cell.flipped} of the pixels change class`,
      ];
  const text = make(
    'div',
    { class: 'board-words', title: cell.words },
    ...numbers.filter(Boolean).map((line) => make('p', { text: line })),
  );
  return make('td', {}, make('div', { class: 'board' }, host, text));
}

/** @param {HTMLCanvasElement} canvas @param {SwitchboardCell} cell */
async function paintBoard(canvas, cell) {
  const { result } = view;
  if (cell.mask && result.segmentation) {
    const pixels = await maskPixels(cell.mask);
    paintClasses(canvas, pixels, result.segmentation);
  }
  if (cell.points.length && result.pose) {
    const pose = { ...result.pose, keypoints: cell.points, scores: cell.points.map(() => 1) };
    paintJoints(canvas, pose, result.crop.box);
  }
}

function forgetBoard() {
  board.value = null;
  part('switchboard').replaceChildren();
}

function boardTables() {
  if (!board.value) return [];
  const rows = board.value.columns.flatMap((column) =>
    column.why ? [[column.layout, '', column.why]] : column.cells.map((cell) => [column.layout, cell.row, cell.words]),
  );
  return [table('Switchboard', ['layout', 'branches', 'change'], rows)];
}
