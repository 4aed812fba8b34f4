// What the Change view draws, as tables.

import { changedTables, gateTables, table } from '../lib/tables.js';
import { edits } from '../state/edits.js';
import { shownBlock } from '../state/showing.js';
import { showAsText } from '../text/text.js';

export function mount() {
  showAsText('change', changeTables);
}

function changeTables(result) {
  const tables = changedTables(edits.after);
  if (!result.blocks.length) return tables;
  const list = edits.list.map((_, i) => [i + 1, edits.texts[i] ?? '']);
  if (list.length) tables.unshift(table('Edits, in order', ['', 'edit'], list));
  const state = edits.after ? 'edited' : 'untouched';
  return [...tables, ...gateTables({ ...shownBlock(), name: `${shownBlock().name} (${state})` })];
}
