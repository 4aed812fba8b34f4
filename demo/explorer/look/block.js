// The chosen block in numbers, and what is known of it from many photos.

import { make, part } from '../lib/dom.js';
import { chosenBlock, hasBlocks, onBlock, view } from '../state/view.js';

const SHORT = ['min', 'max', 'mean'];
const NUMBERS = [...SHORT, 'sd', 'entropy'];

export function mount() {
  onBlock(drawBlock);
}

function drawBlock() {
  if (!hasBlocks()) return;
  const block = chosenBlock();
  part('block-name').textContent = block.name;
  const habits = view.result.habits?.[block.name] ?? [];
  part('habit-words').replaceChildren(...habits.map((text) => make('p', { class: 'readout', text })));
  part('block-facts').replaceChildren(
    make('p', { class: 'words', text: `${block.size}, ${block.layout}` }),
    factsOf(block, SHORT),
  );
  part('block-numbers').replaceChildren(
    make('p', { text: `${block.cells}; ${block.formula} formula` }),
    factsOf(block, NUMBERS),
  );
}

/** Both gates of a block as a table. @param {import('../lib/results.js').Block} block @param {string[]} names of the numbers */
function factsOf(block, names) {
  const row = (title, numbers) =>
    make(
      'tr',
      {},
      make('th', { scope: 'row', text: title }),
      ...names.map((name) => make('td', { text: numbers[name] })),
    );
  const head = make(
    'tr',
    {},
    make('th', { scope: 'col', text: 'gate' }),
    ...names.map((text) => make('th', { scope: 'col', text })),
  );
  return make(
    'table',
    { class: 'facts' },
    make('thead', {}, head),
    make('tbody', {}, row('channel-only', block.channelNumbers), row('spatial-only', block.spatialNumbers)),
  );
}
