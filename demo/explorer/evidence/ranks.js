// Every gate that is not flat set to its own mean by itself: a table that leads to the blocks.

import { make, part } from '../lib/dom.js';
import { signed } from '../lib/numbers.js';
import { table } from '../lib/tables.js';
import { chooseBlock, view } from '../state/view.js';
import { showAsText } from '../text/text.js';
import { chooseBranch } from './test.js';
import { found, onFound } from '../state/found.js';

const RANKS_SHOWN = 15;

export function mount() {
  onFound(drawRank);
  showAsText('evidence', rankTables);
}

function drawRank() {
  const value = found.rank;
  part('rank-panel').hidden = !value;
  if (!value) return;
  const most = Math.max(...value.effects.map(({ lost }) => Math.abs(lost))) || 1;
  part('rank-title').textContent = `What ${value.target.name} depends on`;
  const top = value.effects[0];
  const leftOut = value.flat
    ? ` ${value.flat} flat ${value.flat > 1 ? 'gates are left out: they have' : 'gate is left out: it has'} no pattern to lose.`
    : '';
  part('rank-words').textContent = top
    ? `One gate at a time set to its own mean, ${value.tried} of ${value.of}${value.tried < value.of ? ' in three seconds, the widest first' : ''}.${leftOut} Most is lost without the pattern of the ${top.branch} gate of ${top.block}: ${signed(top.lost)} of ${value.target.what}.`
    : 'Every gate of this network is flat on this photo: none has a pattern that could be taken away.';
  const heads = ['block', 'gate', 'set to', `${value.target.what} lost`, ''].map((text) =>
    make('th', { scope: 'col', text }),
  );
  const rows = value.effects.slice(0, RANKS_SHOWN).map((effect) => {
    const button = make('button', { type: 'button', class: 'link', text: effect.block });
    button.addEventListener('click', () => {
      chooseBranch(effect.branch);
      chooseBlock(view.result.blocks.findIndex(({ name }) => name === effect.block));
    });
    const bar = make('span', {
      class: effect.lost < 0 ? 'bar gain' : 'bar',
      style: { width: `${(100 * Math.abs(effect.lost)) / most}%` },
    });
    return make(
      'tr',
      {},
      make('th', { scope: 'row' }, button),
      make('td', { text: effect.branch }),
      make('td', { text: effect.off.toFixed(2) }),
      make('td', { text: signed(effect.lost) }),
      make('td', {}, bar),
    );
  });
  part('rank-table').replaceChildren(
    make('caption', {
      text: `Largest change first, ${rows.length} of ${value.effects.length}; a negative loss is a gain`,
    }),
    make('thead', {}, make('tr', {}, ...heads)),
    make('tbody', {}, ...rows),
  );
}

function rankTables() {
  if (!found.rank) return [];
  const { target, effects } = found.rank;
  return [
    table(
      `What ${target.name} depends on: one gate at a time set to its own mean`,
      ['block', 'gate', 'set to', `${target.what} lost`],
      effects.map((effect) => [effect.block, effect.branch, effect.off.toFixed(2), signed(effect.lost)]),
    ),
  ];
}
