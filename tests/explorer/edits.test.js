import assert from 'node:assert/strict';
import { beforeEach, mock, test } from 'node:test';

import { answered } from '../../demo/explorer/state/answers.js';
import { addEdit, edits, openEdits, reachOf, redo, removeEdit, resetEdits, sendWaiting, setEdits, undo } from '../../demo/explorer/state/edits.js'; // prettier-ignore
import { requests, running } from '../../demo/explorer/state/requests.js';
import { secondResult, shownBlock } from '../../demo/explorer/state/showing.js';
import {
  beginStroke,
  brush,
  endStroke,
  setBrush,
  setReach,
  strokeOver,
  withStroke,
} from '../../demo/explorer/state/stroke.js';
import { openTab } from '../../demo/explorer/state/tabs.js';
import { chooseBlock, chooseChannels, chosen, view } from '../../demo/explorer/state/view.js';
import { asked, changed, open, result } from './page.js';

mock.timers.enable({ apis: ['setTimeout'] });
const [A, B, C] = ['a', 'b', 'c'].map((kind) => ({ kind, block: 'one' }));
const answer = (reached = ['one']) =>
  answered(
    changed(
      asked.at(-1)[1].n,
      reached,
      edits.list.map(({ kind }) => kind),
    ),
  );
const kinds = () => edits.list.map(({ kind }) => kind).join('');

beforeEach(() => {
  openTab('change');
  open('one', 'two');
});

test('a new list is sent at once, and history forgets what was undone', () => {
  addEdit(A);
  assert.deepEqual(asked.at(-1)[0], 'run_edits');
  assert.deepEqual(asked.at(-1)[1].edits, [A]);
  answer();
  addEdit(B);
  answer();
  undo();
  answer();
  assert.equal(kinds(), 'a');
  redo();
  answer();
  assert.equal(kinds(), 'ab');
  undo();
  answer();
  addEdit(C);
  answer();
  redo(); // nothing: C came after the undo
  assert.equal(kinds(), 'ac');
  removeEdit(0);
  answer();
  assert.equal(kinds(), 'c');
  resetEdits();
  answer();
  assert.equal(kinds(), '');
  undo();
  assert.equal(kinds(), 'c');
});

test('while one list is on its way only the newest waits, and none is sent twice', () => {
  addEdit(A);
  addEdit(B);
  addEdit(C);
  assert.equal(asked.length, 1);
  assert.equal(edits.waiting, true);
  answer();
  sendWaiting(); // what main joins to every answer
  assert.deepEqual([asked.length, asked.at(-1)[1].edits], [2, [A, B, C]]);
  answer();
  sendWaiting();
  assert.equal(asked.length, 2);
  assert.equal(running(), false);
});

test('an answer about a result that is no longer shown changes nothing', () => {
  addEdit(A);
  const late = changed(asked.at(-1)[1].n, ['one'], ['a']);
  open('three');
  assert.equal(running(), false);
  answered(late);
  assert.deepEqual([edits.after, edits.texts, kinds()], [null, [], '']);
});

test('what the server refuses is taken out again', () => {
  addEdit(A);
  answer();
  addEdit(B);
  answered({ kind: 'message', text: 'no' });
  assert.deepEqual([kinds(), requests.message, running()], ['a', 'no', false]);
});

test('blocks that edits do not reach are the very same objects', () => {
  addEdit(A);
  answer(['one']);
  assert.notEqual(edits.after.blocks[0], view.result.blocks[0]);
  assert.equal(edits.after.blocks[1], view.result.blocks[1]);
  assert.deepEqual([reachOf('one'), reachOf('two')], ['edited', 'beyond reach']);
  assert.equal(secondResult(), edits.after);
  assert.equal(shownBlock(), edits.after.blocks[0]);
  openTab('look');
  assert.deepEqual([reachOf('two'), secondResult(), shownBlock()], ['', null, view.result.blocks[0]]);
});

test('edits of an address can be undone, to none', () => {
  openEdits([A, B]);
  answer();
  undo();
  assert.equal(kinds(), '');
});

test('a stroke shows before the network answers, and becomes one edit', () => {
  setBrush('paint');
  beginStroke(0.5, true);
  strokeOver([0, 3]);
  assert.deepEqual([...withStroke(shownBlock())], [0.5, 1, 0, 0.5]);
  assert.equal(asked.length, 0);
  endStroke();
  assert.deepEqual(edits.list, [{ kind: 'paint', block: 'one', where: ['10', '01'], value: 0.5 }]);
  assert.deepEqual([...withStroke(shownBlock())], [0.5, 1, 0, 0.5]);
  answer();
  assert.equal(brush.stroke, null);
  setBrush('erase');
  beginStroke(0, true);
  strokeOver([0, 1, 2, 3]);
  endStroke();
  assert.deepEqual(edits.list, []);
  answer();
  undo();
  assert.equal(edits.list.length, 1);
});

test('another block is chosen with no channel of the last one', () => {
  chooseChannels([1, 0]);
  assert.deepEqual([...chosen], [1, 0]);
  chooseBlock(1);
  assert.deepEqual([view.blockName, chosen.size], ['two', 0]);
  open('zero', 'two');
  assert.equal(view.block, 1); // chosen again by its name
});

test('edits survive a change of photo where the gates are the same, and are sent again', () => {
  open('one', 'two');
  setEdits([{ kind: 'mute', block: 'one', channels: [0], to: 0 }]);
  answered(changed(asked.at(-1)[1].n, ['one'], ['one: muted']));
  asked.splice(0);
  answered({ ...result('one', 'two'), example: 'another' });
  assert.deepEqual(asked.at(-1)[1].edits, [{ kind: 'mute', block: 'one', channels: [0], to: 0 }]);
  assert.deepEqual(edits.carried, { kept: 1, dropped: 0 });
  answered(changed(asked.at(-1)[1].n, ['one'], ['one: muted']));
  undo();
  assert.deepEqual(edits.list, [], 'they can be undone');
});

test('edits made for other gates are dropped, and that is known', () => {
  open('one', 'two');
  setEdits([{ kind: 'mute', block: 'one', channels: [0], to: 0 }]);
  answered(changed(asked.at(-1)[1].n, ['one'], ['one: muted']));
  answered({ ...result('one'), model: 'another' });
  assert.deepEqual([edits.list, edits.carried], [[], { kept: 0, dropped: 1 }]);
  setEdits([{ kind: 'mute', block: 'one', channels: [0], to: 0 }]);
  assert.equal(edits.carried, null);
});

test('one stroke paints every block of its size, and the next one of the same value enlarges it', () => {
  open('one', 'two');
  setBrush('paint');
  setReach('size');
  for (const cell of [0, 3]) {
    beginStroke(0.5, true);
    strokeOver([cell]);
    endStroke();
  }
  setReach('block');
  assert.deepEqual(
    edits.list.map(({ block, where }) => [block, where]),
    [
      ['one', ['10', '01']],
      ['two', ['10', '01']],
    ],
  );
});
