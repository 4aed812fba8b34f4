import assert from 'node:assert/strict';
import { test } from 'node:test';

import { byHeat, cellAt, cellName, cellPlace, spatialAt } from '../../demo/explorer/lib/cells.js';
import { cellsUnder, listWithStroke, packed, rowsOf, unpacked } from '../../demo/explorer/lib/painted.js';

test('a cell is found again from its own place, on every grid', () => {
  for (const [width, height] of [
    [1, 1],
    [2, 3],
    [7, 5],
    [48, 64],
    [112, 112],
  ]) {
    // prettier-ignore
    for (let row = 0; row < height; row += 1) {
      for (let column = 0; column < width; column += 1) {
        assert.deepEqual(cellAt(cellPlace(column, row, width, height), width, height), [column, row]);
      }
    }
  }
});

test('places at and beyond the edges belong to the cells at the edge', () => {
  assert.deepEqual(cellAt({ u: 0, v: 0 }, 4, 4), [0, 0]);
  assert.deepEqual(cellAt({ u: 1, v: 1 }, 4, 4), [3, 3]);
  assert.deepEqual(cellAt({ u: -0.1, v: 1.7 }, 4, 4), [0, 3]);
  assert.deepEqual(cellAt({ u: 0.25, v: 0.249 }, 4, 4), [1, 0]); // an edge between two cells is the second's
});

test('a place has a name and a value on maps of any size', () => {
  const block = { width: 3, height: 2, spatialGate: new Float32Array([0, 1, 2, 3, 4, 5]) };
  assert.equal(spatialAt(block, { u: 0.99, v: 0.99 }), 5);
  assert.equal(spatialAt(block, cellPlace(1, 1, 3, 2)), 4);
  assert.equal(cellName({ u: 0.5, v: 0.1 }, block), 'cell 1, 0 (x, y) of 3\u2009×\u20092');
});

test('low heat lets the crop show, high heat covers it', () => {
  assert.equal(byHeat(0), 0);
  assert.equal(byHeat(255), 1);
});

test('a brush covers a square around its cell, cut at the edges', () => {
  const block = { width: 5, height: 4 };
  assert.deepEqual(cellsUnder([2, 1], 1, block), [7]);
  assert.deepEqual(cellsUnder([2, 1], 3, block), [1, 2, 3, 6, 7, 8, 11, 12, 13]);
  assert.deepEqual(cellsUnder([0, 0], 3, block), [0, 1, 5, 6]);
  assert.equal(cellsUnder([2, 1], 31, block).length, 20);
  assert.deepEqual(cellsUnder([2, 2], 2, block), [12]); // an even size has no middle: it covers what the odd one below does
});

test('a stroke is one edit more; an eraser takes painted cells away, and the edit with its last cell', () => {
  const block = { width: 3, height: 2 };
  const stroke = {
    blocks: ['b'],
    cells: new Set([0, 4]),
    erases: false,
    value: 0.5,
    before: [{ kind: 'mute', block: 'b' }],
  };
  const painted = { kind: 'paint', block: 'b', where: ['100', '010'], value: 0.5 };
  assert.deepEqual(listWithStroke(stroke, block), [{ kind: 'mute', block: 'b' }, painted]);
  const other = { ...painted, block: 'elsewhere' };
  const erase = (cells) =>
    listWithStroke({ ...stroke, cells: new Set(cells), erases: true, before: [painted, other] }, block);
  assert.deepEqual(erase([0, 1]), [{ ...painted, where: ['000', '010'] }, other]);
  assert.deepEqual(erase([0, 4]), [other]);
  assert.deepEqual(painted.where, ['100', '010']); // what was is not changed
});

test('a mask is packed into runs and comes back the same', () => {
  const edit = (where) => ({ kind: 'paint', block: 'b', where, value: 0 });
  assert.equal(packed(edit(['0011', '1100'])).where, '4x2:2.4.2');
  assert.equal(packed(edit(['11', '11'])).where, '2x2:0.4');
  for (const seed of [1, 2, 3, 4]) {
    const cells = new Set(Array.from({ length: 90 }, (_, i) => i).filter((i) => (i * seed * 7919) % 11 < 4));
    const made = edit(rowsOf(cells, { width: 10, height: 9 }));
    assert.deepEqual(unpacked(packed(made)), made);
  }
});

test('what is no packed mask is left for the server to refuse', () => {
  for (const where of ['x', '2x2', '12345x1:1', '2x2:a']) assert.equal(unpacked({ where }).where, where);
  assert.deepEqual(unpacked({ kind: 'mute' }), { kind: 'mute' });
  assert.deepEqual(unpacked({ where: '2x2:999999999' }).where, ['00', '00']); // no longer than the map
});
