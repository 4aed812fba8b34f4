// A printed formula falls into names, words, numbers and signs, and loses nothing.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { partsOf } from '../../demo/explorer/lib/mathml.js';

test('names with an index, functions and signs are told apart', () => {
  assert.deepEqual(partsOf('A_ch = sigmoid(W_2 z)'), [
    ['name', 'A_ch'],
    ['sign', '='],
    ['name', 'sigmoid'],
    ['sign', '('],
    ['name', 'W_2'],
    ['name', 'z'],
    ['sign', ')'],
  ]);
});

test('words between formulas stay words, and every character but spaces is kept', () => {
  const text = 's = softmax(mean) over C/2; Z = A_ch ⊙ X; sᵀ (W_v X) · 0.5';
  assert.deepEqual(partsOf(text).filter(([kind]) => kind === 'word'), [['word', 'over']]); // prettier-ignore
  assert.equal(partsOf(text).map(([, found]) => found).join(''), text.replaceAll(' ', '')); // prettier-ignore
});
