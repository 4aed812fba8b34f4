// Whether a block's gates depend on what the network learned, and whether they follow the photo.

import { make, part } from '../lib/dom.js';
import { inWords, known } from '../lib/numbers.js';
import { table } from '../lib/tables.js';
import { showAsText } from '../text/text.js';
import { found, onFound } from '../state/found.js';

export function mount() {
  onFound(drawSanity);
  showAsText('evidence', sanityTables);
}

function drawSanity() {
  const value = found.sanity;
  part('sanity-panel').hidden = !value;
  if (!value) return;
  part('sanity-title').textContent = `Sanity checks of ${value.block}, ${value.target.name}`;
  fillTable(
    'cascade-table',
    'Weights forgotten from the heads down, one part after the other: rank correlation with the untouched network’s, for maps also SSIM',
    cascadeHeads(value),
    cascadeRows(value),
  );
  fillTable(
    'moved-table',
    'The photo changed: does the map change in the same way?',
    ['change', 'map follows', 'map stays', 'weights stay'],
    movedRows(value),
  );
}

const cascadeHeads = ({ cascade }) => ['forgotten', ...Object.keys(cascade[0].rho).map(inWords)];
const cascadeRows = ({ cascade }) =>
  cascade.map((step) => [
    step.randomised || 'nothing yet',
    ...Object.entries(step.rho).map(([name, rho]) =>
      step.ssim[name] == null ? known(rho) : `${known(rho)} · ${known(step.ssim[name])}`,
    ),
  ]);
const movedRows = ({ moved }) =>
  moved.map((one) => [one.change, known(one.spatial), known(one.spatial_stays), known(one.channel), one.detail]);

function fillTable(name, caption, heads, rows) {
  const lines = rows.map((row) =>
    make(
      'tr',
      { title: row.length > heads.length ? row.at(-1) : null },
      ...row.slice(0, heads.length).map((text, i) => make(i ? 'td' : 'th', i ? { text } : { scope: 'row', text })),
    ),
  );
  part(name).replaceChildren(
    make('caption', { text: caption }),
    make('thead', {}, make('tr', {}, ...heads.map((text) => make('th', { scope: 'col', text })))),
    make('tbody', {}, ...lines),
  );
}

function sanityTables() {
  if (!found.sanity) return [];
  return [
    table(
      `Weights of the network forgotten: ${found.sanity.block}`,
      cascadeHeads(found.sanity),
      cascadeRows(found.sanity),
    ),
    table(
      'The photo changed',
      ['change', 'map follows', 'map stays', 'weights stay', 'what was done'],
      movedRows(found.sanity),
    ),
  ];
}
