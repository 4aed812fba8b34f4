// One page, several views: which of them is open.

import { signal } from '../lib/signal.js';

export const TABS = ['look', 'walk', 'change', 'compare', 'evidence', 'read'];

const state = { current: 'look' };
const opened = signal();

/** @type {Readonly<{ current: string }>} */
export const tabs = state;
export const onTab = opened.subscribe;

/** @param {string} name of a tab; anything else opens the first */
export function openTab(name) {
  state.current = TABS.includes(name) ? name : TABS[0];
  opened.tell();
}
