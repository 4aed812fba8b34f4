import assert from 'node:assert/strict';
import { test } from 'node:test';

import { readAnswer } from '../../demo/explorer/live/answer.js';

/** An answer with two joints, three channels, a map of 2 x 1 cells, and maps of two blocks. */
function written() {
  const bytes = new ArrayBuffer(96 + 4 * (6 + 3 + 2) + 4 * 2 + 2 * 4 + (2 + 4));
  const view = new DataView(bytes);
  [...'PSA1'].forEach((letter, at) => view.setUint8(at, letter.charCodeAt(0)));
  view.setUint8(4, 1);
  view.setUint8(5, 1 + 2);
  [2, 3, 2, 1, 2].forEach((count, k) => view.setUint16(6 + 2 * k, count, true));
  view.setUint32(16, 7, true);
  view.setFloat32(20, 12.5, true);
  [10.1, -20.25, 130, 99, 12, 0, 100, 90].forEach((edge, k) => view.setFloat64(24 + 8 * k, edge, true));
  let at = 96;
  for (const value of [1, 2, 0.5, 3, 4, 0.25, 0.1, 0.2, 0.3, 0.75, 1, 0.6, 0.7]) {
    view.setFloat32(at, value, true);
    at += 4;
  }
  for (const size of [2, 1, 1, 4]) {
    view.setUint16(at, size, true);
    at += 2;
  }
  for (const cell of [0, 255, 51, 102, 153, 204]) view.setUint8(at++, cell);
  assert.equal(at, bytes.byteLength);
  return bytes;
}

const near = (found, expected) =>
  assert.ok([...found].every((value, k) => Math.abs(value - expected[k]) < 1e-6) && found.length === expected.length);

test('an answer is read as it was laid out', () => {
  const answer = readAnswer(written());
  assert.deepEqual([answer.nobody, answer.looked, answer.edited, answer.identity], [false, true, false, 7]);
  assert.deepEqual(answer.crop, [10.1, -20.25, 130, 99]);
  assert.deepEqual(answer.box, [12, 0, 100, 90]);
  assert.equal(answer.milliseconds, 12.5);
  assert.deepEqual(answer.keypoints, [
    [1, 2],
    [3, 4],
  ]);
  near(answer.scores, [0.5, 0.25]);
  near(answer.channel, [0.1, 0.2, 0.3]);
  near(answer.spatial.gate, [0.75, 1]);
  assert.deepEqual([answer.spatial.width, answer.spatial.height], [2, 1]);
  near(answer.all.values, [0.6, 0.7]);
  near(answer.all.maps[0].gate, [0, 1]);
  near(answer.all.maps[1].gate, [0.2, 0.4, 0.6, 0.8]);
  assert.deepEqual([answer.all.maps[1].width, answer.all.maps[1].height], [1, 4]);
});

test('nobody is an answer without numbers', () => {
  const bytes = written().slice(0, 96);
  const view = new DataView(bytes);
  view.setUint8(4, 0);
  view.setUint8(5, 0);
  for (let at = 6; at < 16; at += 2) view.setUint16(at, 0, true);
  const answer = readAnswer(bytes);
  assert.ok(answer.nobody);
  assert.equal(answer.all, null);
  assert.equal(answer.keypoints.length, 0);
});

test('what is no answer is refused', () => {
  assert.throws(() => readAnswer(new ArrayBuffer(4)), /begins with PSA1/);
  assert.throws(() => readAnswer(new ArrayBuffer(200)), /begins with PSA1/);
});
