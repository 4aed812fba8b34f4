import assert from 'node:assert/strict';
import { test } from 'node:test';

import { refusal } from '../../demo/explorer/photo/refused.js';

const USUAL = 'The photo could not be sent to the server; try again.';

test('the sentence of the server is what the visitor reads', () => {
  assert.equal(refusal(new Error('{"code": "full", "detail": "No room."}')), 'No room.');
  assert.equal(refusal(new Error('Error: {"detail": "No room."}')), 'No room.');
});

for (const strange of ['', 'Failed to fetch', '{', '{}', '{"detail": 3}', '{"detail": ""}', '[{]}', null, undefined]) {
  test(`anything else is said as usual: ${strange}`, () => {
    assert.equal(refusal(new Error(String(strange))), USUAL);
    assert.equal(refusal(strange), USUAL);
  });
}

test('a page of text is no sentence', () => {
  assert.equal(refusal(new Error(JSON.stringify({ detail: 'x'.repeat(301) }))), USUAL);
});
