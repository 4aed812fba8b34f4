import assert from 'node:assert/strict';
import { test } from 'node:test';

import { apart, countPixels, restored } from '../../demo/explorer/snapshots/words.js';

test('one byte a value: a map comes back within its own limits', () => {
  const stored = { codes: new Uint8Array([0, 255, 51, 0, 128, 255]), limits: new Float32Array([-1, 1, 0.5, 0.5]) };
  assert.deepEqual(
    [...restored(stored, 0, 3)].map((value) => value.toFixed(3)),
    ['-1.000', '1.000', '-0.600'],
  );
  assert.deepEqual([...restored(stored, 1, 3)], [0.5, 0.5, 0.5]);
});

test('how far two maps are apart, and whether they show the same pattern', () => {
  const one = new Float32Array([0, 0.25, 0.5]);
  assert.match(
    apart(
      one,
      one.map((value) => 2 * value),
    ),
    /differs by 0\.2500 on average and 0\.5000 at most, correlation 1\.00\.$/,
  );
  assert.match(
    apart(
      one,
      one.map((value) => 1 - value),
    ),
    /correlation -1\.00\.$/,
  );
  assert.match(apart(one, new Float32Array([1, 1, 1])), /on average and 1\.0000 at most\.$/); // a flat map has no pattern
});

test('shares are of the pixels inside the photo, changes since the first snapshot', () => {
  const labels = (...values) => ({ labels: new Uint8Array(values) });
  const pixels = [labels(0, 0, 1, 255), labels(0, 1, 1, 255)];
  const { shares, changed } = countPixels({ pixels, names: ['background', 'arm'], outside: 255 });
  assert.deepEqual(shares, [[2 / 3, 1 / 3], [1 / 3, 2 / 3]]); // prettier-ignore
  assert.deepEqual(changed, [0, 1 / 3]);
});
