// Everything that is asked of the server: one thing at a time, and whether it is still under way.

import { signal } from '../lib/signal.js';
import { view } from './view.js';

const POLL = 1500; // milliseconds between two looks at the models
const LOOK = 700; // milliseconds between two looks at the line

/**
 * @typedef {object} Requests
 * @property {boolean} busy the visitor waits for an answer
 * @property {string} words what for
 * @property {boolean} edits edits are under way; they do not make the page busy
 * @property {boolean} walk so are the steps of a block
 * @property {Record<string, string>} states of the models, as the engine says
 * @property {string} message to the visitor
 * @property {number} before requests in the line before ours
 * @property {boolean} lost the server did not answer when it was asked last
 */

/** @type {Requests} */
const state = { busy: false, words: '', edits: false, walk: false, states: {}, message: '', before: 0, lost: false };
const told = { status: signal(), impatience: signal(), line: signal() };
/** @import { MessageAnswer, SnapshotsAnswer } from '../types.js' */

/**
 * The functions of the server that the browser may call.
 *
 * @typedef {object} Server
 * @property {() => Promise<Record<string, string>>} status of every model, by name
 * @property {(visitor: string) => Promise<number>} line requests before this visitor's
 * @property {(visitor: string) => Promise<void>} leave
 * @property {(visitor: string) => Promise<void>} stop
 * @property {(visitor: string) => Promise<[number, number] | null>} progress_of done and total of a long computation
 * @property {(request: object) => Promise<SnapshotsAnswer | MessageAnswer>} snapshots
 *
 * @typedef {object} Connection
 * @property {(name: string, request: object) => void} trigger
 * @property {Server} server
 * @property {(file: File) => Promise<{ path?: string } | null>} upload
 * @property {() => boolean} there whether the page is still there
 * @property {() => string} model the one that is chosen
 */

/** @type {Connection} */
let connection;
/** @type {Server} */
export let server;
/** @type {Connection['upload']} */
export let upload = async () => null;

/** @type {Readonly<Requests>} */
export const requests = state;
export const onStatus = told.status.subscribe;
export const onLine = told.line.subscribe;
export const onImpatience = told.impatience.subscribe;

/** A name that only this page knows: with it the server says how many requests are before its own, and takes them back. */
export const me = [...crypto.getRandomValues(new Uint8Array(16))]
  .map((byte) => byte.toString(16).padStart(2, '0'))
  .join('');

/** @param {Connection} given */
export function connect(given) {
  connection = given;
  server = given.server;
  upload = given.upload;
}

/** @param {string} text a sentence to the visitor; an empty one takes the last away */
export function say(text) {
  state.message = text;
  told.status.tell();
}

/** @param {string} text what the visitor waits for; empty when they do not */
export function setBusy(text) {
  state.busy = Boolean(text);
  state.words = text;
  told.status.tell();
}

/**
 * @param {'edits' | 'walk'} name
 * @param {boolean} on
 */
export function setUnderWay(name, on) {
  state[name] = on;
}

export const running = () => state.busy || state.edits || state.walk;

/** Whether nothing is under way: what comes back from two requests at once could belong to two results. */
export function free() {
  if (running()) told.impatience.tell();
  return !running();
}

/**
 * What is shown goes along: a server that has forgotten it must not answer about something else.
 *
 * @param {string} name of an event of the component
 * @param {object} request
 */
export function trigger(name, request) {
  connection.trigger(name, { ...request, visitor: me, shown: view.result ? (view.result.example ?? 'own') : null });
  clearTimeout(nextLook);
  nextLook = setTimeout(lookAhead, LOOK);
}

/**
 * Ask for something that the visitor waits for, if nothing else is under way.
 *
 * @param {string} name of an event of the component
 * @param {object} request
 * @param {string} words what they wait for
 * @returns {boolean} whether it was asked
 */
export function ask(name, request, words) {
  if (!free()) return false;
  say('');
  setBusy(words);
  trigger(name, request);
  poll();
  return true;
}

let nextPoll = 0;

/** Keep looking at the models for as long as that says anything. */
export async function poll() {
  const states = await server.status().catch(() => null);
  state.lost = !states;
  if (states) state.states = states;
  if (!states && state.busy) {
    setBusy('');
    say('The server does not answer. The result on the page stays; try again later.');
  }
  told.status.tell();
  const chosen = state.states[connection.model()];
  const started = Object.values(state.states).some((one) => one !== 'not loaded');
  clearTimeout(nextPoll);
  if (connection.there() && (chosen === 'loading' || state.busy || !started)) nextPoll = setTimeout(poll, POLL);
}

let nextLook = 0;

async function lookAhead() {
  const waiting = running();
  state.before = waiting ? Number(await server.line(me).catch(() => 0)) || 0 : 0; // nothing comes from a server that is gone
  told.line.tell();
  clearTimeout(nextLook);
  if (waiting && connection.there()) nextLook = setTimeout(lookAhead, LOOK);
}

/** Give up the place in the line. */
export function leaveLine() {
  state.before = 0;
  told.line.tell();
  server.leave(me).catch(() => say('The server does not answer; the request may still run.'));
}
