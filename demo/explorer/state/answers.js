// Everything that the server says arrives here, and goes to the panel that asked.

import { signal } from '../lib/signal.js';
import { say, setBusy } from './requests.js';
import { leave, showResult, view } from './view.js';

/** @type {Map<string, (value: any) => void>} */
const handlers = new Map();
/** @type {{ answer: import('../lib/signal.js').Signal<[value: any]>, refused: any, settled: any }} */
const told = { answer: signal(), refused: signal(), settled: signal() };

export const onAnyAnswer = told.answer.subscribe;
export const onRefused = told.refused.subscribe;
export const onSettled = told.settled.subscribe; // an answer has been drawn: what had to wait may go on

/**
 * @param {string} kind of an answer
 * @param {(value: any) => void} handler
 */
export function onAnswer(kind, handler) {
  handlers.set(kind, handler);
}

/** @param {any} value what the server sent */
export function answered(value) {
  if (!value || value.kind === 'message') {
    refused(value);
    return;
  }
  setBusy('');
  say('');
  told.answer.tell(value);
  if (value.kind === 'result') {
    leave(value.asked ?? null);
    showResult(value);
  } else {
    if (value.base) rebase(value);
    handlers.get(value.kind)?.(value);
  }
  told.settled.tell();
}

// The untouched pass of the network itself takes the place of what was stored; what the visitor had chosen stays, and what
// is known of the photo: it is the same pass.
function rebase(value) {
  const { joint, result } = view;
  if (value.restored) leave();
  const kept = value.restored || !result ? {} : { story: result.story, truth: result.truth };
  showResult({ ...kept, ...value.base }, value.restored ? null : joint);
}

function refused(value) {
  setBusy('');
  if (value) say(value.text);
  told.refused.tell();
}
