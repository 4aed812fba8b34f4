// The ordered list of edits, its history, and the edited result that belongs to it. Edits travel with every request; the
// server's model is never changed.

import { readAfter } from '../lib/results.js';
import { signal } from '../lib/signal.js';
import { onAnswer, onAnyAnswer, onRefused } from './answers.js';
import { arrival } from './arrival.js';
import { poll, requests, running, say, setUnderWay, trigger } from './requests.js';
import { tabs } from './tabs.js';
import { onLeaving, onResult, view } from './view.js';

const SLOW = 400; // ms: an edit that takes longer waits for somebody else

/** @import { Edit } from '../lib/painted.js' */
/** @import { Second } from '../lib/results.js' */
/** @import { ChangeAnswer } from '../types.js' */

/**
 * @typedef {object} Edits
 * @property {Edit[]} list
 * @property {Edit[][]} past the lists before this one
 * @property {Edit[][]} undone
 * @property {string[]} texts the list in words, as the server says
 * @property {Set<string> | null} reached blocks whose gates the edits can change
 * @property {Second | null} after the edited result; null without edits
 * @property {boolean} waiting the newest list has to wait for what is under way
 * @property {number} milliseconds that the last answer took
 * @property {{ kept: number, dropped: number } | null} carried how many of the last photo's edits are still there
 */

/** @type {Edits} */
const state = {
  list: [],
  past: [],
  undone: [],
  texts: [],
  reached: null,
  after: null,
  waiting: false,
  milliseconds: 0,
  carried: null,
};
const sent = { number: 0, began: 0 };
const told = { list: signal(), after: signal(), timing: signal() };

/** @type {Readonly<Edits>} */
export const edits = state;
export const onEdits = told.list.subscribe;
export const onAfter = told.after.subscribe;
export const onTiming = told.timing.subscribe;

/** @param {Edit[]} list made by the visitor; what was undone can not be redone after it */
export function setEdits(list) {
  state.carried = null;
  state.past.push(state.list);
  state.undone = [];
  takeEdits(list);
}

/** @param {Edit[]} list from an address: it can be undone, to none */
export function openEdits(list) {
  state.past = [[]];
  takeEdits(list);
}

/** @param {Edit[]} list as it is while a stroke is drawn: it goes to the network without becoming history */
export function tryEdits(list) {
  state.list = list;
  sendEdits();
}

/** @param {Edit[]} before the list that a stroke began with @param {Edit[]} list the one that it ended with */
export function endTrying(before, list) {
  state.list = before;
  if (JSON.stringify(list) !== JSON.stringify(before)) setEdits(list);
  else takeEdits(before);
}

/** @param {Edit} edit */
export function addEdit(edit) {
  setEdits([...state.list, edit]);
}

/** @param {number} index */
export function removeEdit(index) {
  setEdits(state.list.filter((_, i) => i !== index));
}

export function resetEdits() {
  if (state.list.length) setEdits([]);
}

export function undo() {
  const list = state.past.pop();
  if (!list) return;
  state.undone.push(state.list);
  takeEdits(list);
}

export function redo() {
  const list = state.undone.pop();
  if (!list) return;
  state.past.push(state.list);
  takeEdits(list);
}

function takeEdits(list) {
  state.list = list;
  sendEdits();
  told.list.tell();
}

// One request at a time; while it runs, only the newest list waits.
function sendEdits() {
  state.waiting = running();
  if (state.waiting) return;
  setUnderWay('edits', true);
  sent.began = performance.now();
  sent.number += 1;
  say('');
  trigger('run_edits', { edits: state.list, n: sent.number });
  told.timing.tell();
  setTimeout(() => {
    if (requests.edits) poll(); // sent at once, it would take the server's time from the edit
  }, SLOW);
}

/** What had to wait, because two requests at once could each answer about a state that the other has changed. */
export function sendWaiting() {
  if (state.waiting) sendEdits();
}

/** @param {ChangeAnswer} value */
function answeredEdits(value) {
  if (!value.restored && value.n !== sent.number) return; // of a result that is no longer shown
  setUnderWay('edits', false);
  state.texts = value.texts;
  state.reached = value.after ? new Set(value.reached) : null;
  state.after =
    value.after && value.change
      ? { ...readAfter(value.after, value.change, view.result), statistics: value.statistics }
      : null;
  if (value.restored) Object.assign(state, { list: value.asked, past: [], undone: [], waiting: false });
  told.after.tell();
  state.milliseconds = value.restored ? 0 : performance.now() - sent.began;
  told.timing.tell();
}

// What the server did not accept is taken out again.
function refusedEdits() {
  if (!requests.edits) {
    sendWaiting();
    return;
  }
  setUnderWay('edits', false);
  state.waiting = false;
  state.list = state.past.pop() ?? [];
  told.list.tell();
  told.timing.tell();
}

/** @type {{ list: any[], result: any } | null} */
let left = null;
let asked = false; // the answer that comes is to a question about a photo

function forgetEdits() {
  left = state.list.length ? { list: state.list, result: view.result } : null;
  setUnderWay('edits', false);
  sent.number += 1;
  Object.assign(state, {
    list: [],
    past: [],
    undone: [],
    texts: [],
    reached: null,
    after: null,
    waiting: false,
    carried: null,
  });
  told.list.tell();
}

// Edits belong to a network, so they survive a change of photo, where every gate still has the size that they were made for.
// What an address or an earlier run asks for takes their place.
function carryOver(result) {
  const was = left;
  left = null;
  if (!was || !asked || (arrival.begun && !arrival.ready)) return;
  const fits = result.model === was.result.model && was.list.every((edit) => sameGates(edit, was.result, result));
  state.carried = fits ? { kept: was.list.length, dropped: 0 } : { kept: 0, dropped: was.list.length };
  if (fits) openEdits(was.list);
  else told.list.tell();
}

function sameGates({ block }, before, after) {
  const [old, now] = [before, after].map(({ blocks }) => blocks.find(({ name }) => name === block));
  return Boolean(old && now) && ['width', 'height', 'channels'].every((size) => old[size] === now[size]);
}

/**
 * In words, what the edits mean for a block; nothing without edits or on another tab.
 *
 * @param {string} name
 */
export function reachOf(name) {
  if (tabs.current !== 'change' || !state.reached) return '';
  if (state.list.some((edit) => edit.block === name)) return 'edited';
  return state.reached.has(name) ? 'reached by the edits' : 'beyond reach';
}

onAnswer('change', answeredEdits);
onRefused(refusedEdits);
onLeaving(forgetEdits);
onResult(carryOver);
onAnyAnswer(({ kind }) => {
  asked = kind === 'result';
});
