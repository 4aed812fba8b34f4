// Everything that is drawn, as tables: built when they are opened, and again when what they show changes.

import { part } from '../lib/dom.js';
import { onGates } from '../state/showing.js';
import { tabs } from '../state/tabs.js';
import { view } from '../state/view.js';

/** @type {Map<string, ((result: import('../lib/results.js').Result) => Node[])[]>} */
const writers = new Map();

/**
 * @param {string} tab
 * @param {(result: import('../lib/results.js').Result) => Node[]} tables of one of its panels
 */
export function showAsText(tab, tables) {
  writers.set(tab, [...(writers.get(tab) ?? []), tables]);
}

/** Call it when what a panel shows has changed. */
export function writeText() {
  if (!view.result || !part('text').open) return;
  const tables = writers.get(tabs.current) ?? [];
  part('text-body').replaceChildren(...tables.flatMap((write) => write(view.result)));
}

export function mount() {
  part('text').addEventListener('toggle', writeText);
  onGates(writeText);
}
