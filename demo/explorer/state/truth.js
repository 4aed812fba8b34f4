// Whether what is really in the picture is shown beside what was predicted. It is known of few pictures.

import { signal } from '../lib/signal.js';
import { view } from './view.js';

const state = { shown: false };
const changed = signal();

export const onTruth = changed.subscribe;

/** @param {boolean} shown wherever it is known */
export function setTruth(shown) {
  state.shown = shown;
  changed.tell();
}

/** What is known of the picture, while it is asked for; null otherwise. */
export const truth = () => (state.shown ? (view.result?.truth ?? null) : null);
