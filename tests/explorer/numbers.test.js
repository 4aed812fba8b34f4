import assert from 'node:assert/strict';
import { test } from 'node:test';

import { colourIndex, colourOf, learnColours, readScale } from '../../demo/explorer/lib/colour.js';
import {
  bytes,
  differs,
  ends,
  floats,
  inPercent,
  inRanges,
  known,
  probability,
  readRanges,
  signed,
  signedProbability,
  spanWords,
  wasAndIs,
} from '../../demo/explorer/lib/numbers.js';

const base64 = (array) => Buffer.from(array.buffer).toString('base64');

test('floats arrive as they were sent', () => {
  const sent = new Float32Array([0, -1.5, 0.1, 3e-38, Infinity]);
  assert.deepEqual(floats(base64(sent)), sent);
  assert.deepEqual([...bytes(base64(new Uint8Array([0, 127, 255])))], [0, 127, 255]);
});

test('a probability has four decimals, or a power of ten where they would all be zeros', () => {
  assert.deepEqual([0, 1, 0.0005, 0.00049, 1e-12].map(probability), ['0', '1.0000', '0.0005', '5e−4', '1e−12']);
  assert.deepEqual([0, 0.25, -0.25, -1e-6].map(signedProbability), ['no change', '+0.2500', '−0.2500', '−1e−6']);
  assert.deepEqual([0, -2, 0.0004].map(signed), ['0.0000', '−2.0000', '4.0e−4']);
  assert.deepEqual([0, 0.0004, 0.5].map(inPercent), ['0.0%', 'under 0.1%', '50.0%']);
  assert.deepEqual([null, undefined, -0.256].map(known), ['constant', 'constant', '−0.26']);
});

test('ranges of channels are read and written', () => {
  assert.deepEqual(readRanges('0-3, 17', 32), [0, 1, 2, 3, 17]);
  assert.deepEqual(readRanges('5–4; 30-99 7', 32), [7, 30, 31]);
  assert.deepEqual(readRanges('', 32), []);
  for (const text of ['x', '1-', '-3', '1.5', '0x1']) assert.equal(readRanges(text, 32), null, text);
  assert.deepEqual(readRanges('0-999999999', 3), [0, 1, 2]); // as fast as the block is small
  assert.equal(inRanges([17, 3, 2, 1, 0]), '0-3, 17');
  assert.deepEqual(readRanges(inRanges([9, 1, 2, 5]), 10), [1, 2, 5, 9]);
});

test('ends, spans and differences', () => {
  const gate = new Float32Array([0.5, 0.25, 0.75]);
  assert.deepEqual(ends(gate), [0.25, 0.75]);
  assert.equal(spanWords([-0.5, 1]), '−0.5000 to 1.0000');
  assert.equal(differs(gate, gate), false);
  assert.equal(differs(gate, new Float32Array(gate)), false);
  assert.equal(differs(gate, new Float32Array([0.5, 0.25, 0.5])), true);
  assert.equal(wasAndIs(0.5, 0.5, 2), '0.50');
  assert.equal(wasAndIs(0.5, 0.25, 2), '0.50 → 0.25, edited');
});

test('colours follow the rule of the server: 256 equal steps, both ends inside', () => {
  const scale = { low: 0, high: 1, constant: false };
  const at = (value) => colourIndex(scale, value);
  assert.deepEqual([-1, 0, 1 / 256, 0.5, 1 - 1e-9, 1, 2].map(at), [0, 0, 1, 128, 255, 255, 255]);
  assert.equal(colourIndex({ low: 0.5, high: 0.5, constant: true }, 0.5), 0);
  const table = Uint8Array.from({ length: 768 }, (_, i) => Math.floor(i / 3));
  learnColours({ grey: base64(table) });
  assert.equal(colourOf(readScale({ ...scale, colours: 'grey' }), 0.5), 'rgb(128, 128, 128)');
});
