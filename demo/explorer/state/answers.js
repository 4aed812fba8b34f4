// Everything that the server says arrives here, and goes to the panel that asked.

import { signal } from '../lib/signal.js';
import { say, setBusy } from './requests.js';
import { leave, showResult, view } from './view.js';

/** @import { Answer, MessageAnswer } from '../types.js' */
/** @import { Signal } from '../lib/signal.js' */

/** @typedef {Exclude<Answer, MessageAnswer>} Shown what there is something to draw of */

/** @type {Map<string, (value: any) => void>} by kind */
const handlers = new Map();
const told = { answer: /** @type {Signal<[value: Shown]>} */ (signal()), refused: signal(), settled: signal() };

export const onAnyAnswer = told.answer.subscribe;
export const onRefused = told.refused.subscribe;
export const onSettled = told.settled.subscribe; // an answer has been drawn: what had to wait may go on

/**
 * @template {Shown['kind']} Kind
 * @param {Kind} kind of an answer
 * @param {(value: Extract<Answer, { kind: Kind }>) => void} handler
 */
export function onAnswer(kind, handler) {
  handlers.set(kind, handler);
}

/** @param {Answer | null} value what the server sent */
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
    if ('base' in value && value.base) rebase(value.base, 'restored' in value && value.restored);
    handlers.get(value.kind)?.(value);
  }
  told.settled.tell();
}

// The untouched pass of the network itself takes the place of what was stored; what the visitor had chosen stays, and what
// is known of the photo: it is the same pass.
function rebase(base, restored = false) {
  const { joint, result } = view;
  if (restored) leave();
  const kept = restored || !result ? {} : { story: result.story, truth: result.truth };
  showResult({ ...kept, ...base }, restored ? null : joint);
}

/** @param {MessageAnswer | null} value */
function refused(value) {
  setBusy('');
  if (value) say(value.text);
  told.refused.tell();
}
