import assert from 'node:assert/strict';
import { test } from 'node:test';

import { workedOut } from '../../demo/explorer/walk/terms.js';

// One block of two channels, one inner channel and two by two cells, worked by hand.
const tensor = (key, axes, shape, values) => ({ key, axes, shape, values: new Float32Array(values) });
const x = tensor('x', 'CHW', [2, 2, 2], [1, 2, 3, 4, 10, 20, 30, 40]);
const at = { column: 1, row: 0, cell: 1, cells: 4 };
const pointed = (more) => ({ of: { x }, weights: {}, norm: null, layout: 'parallel', before: null, at, channel: 0, inner: 0, ...more }); // prettier-ignore
const total = (text) => Number(text.split('=').at(-1).split(';')[0].trim().replace('\u2212', '-'));

test('a convolution is the sum over channels that it says, the largest terms first', () => {
  const stage = tensor('channel.query', 'HW', [2, 2], [0, 0.5 * 2 + 0.25 * 20, 0, 0]);
  const [text] = workedOut(stage, pointed({ weights: { 'channel.query': tensor('', '', [1, 2], [0.5, 0.25]) } }));
  assert.equal(text, 'cell 1, 0: 0.2500·20.0000 [channel 1] + 0.5000·2.0000 [channel 0] + 0 others 0.0000 = 6.0000');
});

test('what is not written out of a sum is added up', () => {
  const values = new Float32Array([1, 2, 3, 4]);
  const of = {
    x,
    'channel.value': tensor('', 'cHW', [1, 2, 2], values),
    'channel.softmax': tensor('', 'HW', [2, 2], [0.1, 0.2, 0.3, 0.4]),
  };
  const [text] = workedOut(tensor('channel.product', 'c', [1], [3]), pointed({ of }));
  assert.match(text, /^inner channel 0: 4\.0000·0\.4000 \[cell 3\] \+ 3\.0000·0\.3000 \[cell 2\] \+ /);
  assert.match(text, /\+ 1 others 0\.1000 = 3\.0000$/);
});

test('softmax and sigmoid give the numbers of their formulas', () => {
  const of = { x, 'channel.query': tensor('', 'HW', [2, 2], [0, 1, 2, 3]) };
  const [text, even] = workedOut(tensor('channel.softmax', 'HW', [2, 2], [0, 0, 0, 0]), pointed({ of }));
  const expected = Math.exp(1) / [0, 1, 2, 3].reduce((sum, value) => sum + Math.exp(value), 0);
  assert.ok(Math.abs(total(text) - expected) < 1e-4, text);
  assert.match(even, /All 4 weights sum to 1; evenly spread, each would be 0\.2500/);
  const gate = workedOut(
    tensor('channel.gate', 'C', [2], [0.5, 0.5]),
    pointed({ before: tensor('', 'C', [2], [-1, 2]), channel: 1 }),
  );
  assert.ok(Math.abs(total(gate[0]) - 1 / (1 + Math.exp(-2))) < 1e-4, gate[0]);
});

test('LayerNorm is worked with its own mean, spread, gain and offset', () => {
  const before = tensor('', 'C', [2], [1, 3]);
  const norm = { epsilon: 0, gain: new Float32Array([2, 2]), offset: new Float32Array([0.5, 0.5]) };
  const [text] = workedOut(tensor('channel.norm', 'C', [2], [-1.5, 2.5]), pointed({ before, norm, channel: 1 }));
  assert.equal(text, 'channel 1: (3.0000 − mean 2.0000) / sd 1.0000 · gain 2.0000 + offset 0.5000 = 2.5000');
});

test('parallel gates add, sequential ones multiply', () => {
  const gates = {
    'channel.gate': tensor('', 'C', [2], [0.25, 0.5]),
    'spatial.gate': tensor('', 'HW', [2, 2], [0, 0.75, 0, 0]),
  };
  const gain = tensor('gain', 'CHW', [2, 2, 2], [0, 1, 0, 0, 0, 1.25, 0, 0]);
  const [added] = workedOut(gain, pointed({ of: { x, ...gates }, channel: 1 }));
  assert.equal(added, 'channel 1, cell 1, 0: 0.5000 + 0.7500 = 1.2500');
  const y = tensor('y', 'CHW', [2, 2, 2], [0, 2, 0, 0, 0, 25, 0, 0]);
  assert.match(workedOut(y, pointed({ of: { x, gain, ...gates }, channel: 1 }))[0], /1\.2500 · 20\.0000 = 25\.0000$/);
  const z = tensor('z', 'CHW', [2, 2, 2], [0, 0.5, 0, 0, 0, 10, 0, 0]);
  const sequential = { of: { x, z, ...gates }, layout: 'sequential', channel: 1 };
  assert.match(workedOut(z, pointed(sequential))[0], /0\.5000 · 20\.0000 = 10\.0000$/);
  const last = tensor('y', 'CHW', [2, 2, 2], [0, 0, 0, 0, 0, 7.5, 0, 0]);
  assert.match(workedOut(last, pointed(sequential))[0], /0\.7500 · 10\.0000 = 7\.5000$/);
});
