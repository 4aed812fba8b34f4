import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';

import { addressOf, readCrop, readList } from '../../demo/explorer/lib/address.js';
import { arrival, arrived, begin, comeLater, onArrival, pending } from '../../demo/explorer/state/arrival.js';

test('an address leaves out what is usual, missing or empty', () => {
  const state = {
    tab: ['walk', 'look'],
    'map-scale': ['absolute', 'absolute'],
    joint: ['0', null],
    flip: [null, null],
    seen: null,
  };
  assert.equal(addressOf(state).toString(), 'tab=walk&joint=0');
  assert.throws(() => addressOf({ photo: ['secret', null] }), /expected one of/);
  assert.equal(addressOf({ edits: ['[{"a":"1+1 & ä"}]', null] }).get('edits'), '[{"a":"1+1 & ä"}]');
});

test('a crop is the whole image or the four edges of a box', () => {
  assert.deepEqual(readCrop('image'), { crop: 'image', box: null });
  assert.deepEqual(readCrop('1,2.5,-3,4'), { crop: 'box', box: [1, 2.5, -3, 4] });
  for (const text of [null, '', 'person', '1,2,3', '1,2,3,4,5', '1,2,3,x', 'Infinity,0,1,1']) {
    assert.equal(readCrop(text), null, String(text));
  }
});

test('a list of edits is read whole or not at all', () => {
  assert.deepEqual(readList(null), []);
  assert.deepEqual(readList('[{"kind":"paint","where":"2x1:1.1"}]'), [{ kind: 'paint', where: ['01'] }]);
  assert.equal(readList('[{"kind":'), null);
  for (const text of ['{}', '3', 'null', '[1]', '[null]']) assert.deepEqual(readList(text), [], text);
});

const heard = [];
onArrival((later) => heard.push(later));
beforeEach(() => heard.splice(0));

test('steps follow one another, each after the answer to the one before', () => {
  const done = [];
  begin([() => done.push('first'), () => done.push('second')]);
  assert.equal(pending(), true);
  arrived();
  assert.deepEqual(done, ['first']);
  arrived();
  assert.deepEqual([done, pending(), arrival.ready], [['first', 'second'], false, false]);
  arrived();
  assert.deepEqual([arrival.ready, heard], [true, [null]]);
});

test('an address that came meanwhile is opened after the last step, once', () => {
  begin([() => {}]);
  comeLater('#tab=walk');
  arrived();
  assert.deepEqual(heard, []);
  arrived();
  arrived();
  assert.deepEqual(heard, ['#tab=walk', null]);
});
