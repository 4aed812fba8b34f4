// Painted cells: as rows of marks, as edits, and packed for an address.

/**
 * An edit as it is sent, see demo/serving/schema.py; cells to paint as rows of marks, packed in an address.
 *
 * @typedef {{ kind: string, block: string, branch?: string, channels?: number[], where?: any, value?: number,
 *   to?: any, cells?: any, values?: any }} Edit
 * @typedef {{ blocks: string[], cells: Set<number>, erases: boolean, value: number, before: Edit[] }} Stroke
 *   `blocks` are all of one size; `before` is the list of edits that it began with.
 */

/**
 * Cells as rows of "0" and "1".
 *
 * @param {Set<number>} cells
 * @param {{ width: number, height: number }} block
 */
export function rowsOf(cells, { width, height }) {
  const row = (y) => Array.from({ length: width }, (_, x) => (cells.has(y * width + x) ? '1' : '0')).join('');
  return Array.from({ length: height }, (_, y) => row(y));
}

/**
 * The cells that a brush covers at a place.
 *
 * @param {[number, number]} cell column and row of its middle
 * @param {number} size in cells
 * @param {{ width: number, height: number }} block
 */
export function cellsUnder([column, row], size, { width, height }) {
  const reach = (size - 1) / 2;
  const cells = [];
  for (let y = Math.ceil(row - reach); y <= row + reach; y += 1) {
    for (let x = Math.ceil(column - reach); x <= column + reach; x += 1) {
      if (x >= 0 && y >= 0 && x < width && y < height) cells.push(y * width + x);
    }
  }
  return cells;
}

/**
 * The list that it began with, and the stroke: one edit more for each block, or painted cells fewer. A stroke over several
 * blocks that follows another one of the same value over the same blocks enlarges its edits: there is room for a hundred.
 *
 * @param {Stroke} stroke
 * @param {{ width: number, height: number }} block
 * @returns {Edit[]}
 */
export function listWithStroke(stroke, block) {
  if (stroke.erases) return stroke.before.flatMap((edit) => without(edit, stroke, block) ?? []);
  const { blocks, value, before } = stroke;
  const where = rowsOf(stroke.cells, block);
  const last = before.slice(-blocks.length);
  const goesOn =
    blocks.length > 1 &&
    last.length === blocks.length &&
    last.every((edit, i) => edit.kind === 'paint' && edit.block === blocks[i] && edit.value === value && edit.where);
  const kept = goesOn ? before.slice(0, -blocks.length) : before;
  const under = goesOn ? last[0].where : null;
  const both = under
    ? where.map((row, y) => [...row].map((mark, x) => (under[y][x] === '1' ? '1' : mark)).join(''))
    : where;
  return [...kept, ...blocks.map((name) => ({ kind: 'paint', block: name, where: both, value }))];
}

/**
 * A painted edit less the erased cells; nothing is left of it when all are.
 *
 * @param {Edit} edit
 * @param {Stroke} stroke
 * @param {{ width: number }} block
 */
function without(edit, stroke, block) {
  if (edit.kind !== 'paint' || !stroke.blocks.includes(edit.block)) return edit;
  const where = edit.where.map((row, y) =>
    [...row].map((mark, x) => (stroke.cells.has(y * block.width + x) ? '0' : mark)).join(''),
  );
  return where.some((row) => row.includes('1')) ? { ...edit, where } : null;
}

/**
 * A mask of cells as its size and the lengths of its runs, beginning with zeros: "32x32:5.3.1016".
 *
 * @param {Edit} edit
 */
export function packed(edit) {
  if (!edit.where) return edit;
  const runs = [0];
  let last = '0';
  for (const mark of edit.where.join('')) {
    if (mark !== last) {
      runs.push(0);
      last = mark;
    }
    runs[runs.length - 1] += 1;
  }
  return { ...edit, where: `${edit.where[0].length}x${edit.where.length}:${runs.join('.')}` };
}

/**
 * What `packed` made; whatever else is there is given back as it is, for the server to refuse.
 *
 * @param {Edit} edit
 */
export function unpacked(edit) {
  if (typeof edit.where !== 'string') return edit;
  const match = edit.where.match(/^(\d{1,4})x(\d{1,4}):([\d.]+)$/);
  if (!match) return edit;
  const [width, height] = [Number(match[1]), Number(match[2])];
  const marks = match[3]
    .split('.')
    .map((count, i) => String(i % 2).repeat(Math.min(Number(count), width * height)))
    .join('');
  return { ...edit, where: Array.from({ length: height }, (_, y) => marks.slice(y * width, (y + 1) * width)) };
}
