// The numbers of a difference: every joint and every class, before and after. A row opens its picture.

import { make, part } from '../lib/dom.js';
import { MOVED } from '../lib/skeleton.js';
import { tabs } from '../state/tabs.js';
import { view } from '../state/view.js';

/**
 * @param {import('../lib/results.js').Second | null} after the second result
 * @param {(name: string) => void} open the picture of a row
 */
export function drawPairTables(after, open) {
  const heads = tabs.current === 'change' ? ['before', 'after'] : ['first', 'second'];
  for (const name of ['joints', 'classes']) part(`pair-${name}`).hidden = !after || after.change[name].length === 0;
  if (!after) return;
  const { joints, classes } = after.change;
  const order = view.result.pose ? view.result.pose.order : [];
  fillDeltas(
    'pair-joints',
    'Joints: highest cell, and how far they move',
    ['joint', heads[0], heads[1], 'px'],
    order
      .filter((joint) => joints[joint])
      .map((joint) => ({
        value: `joint ${joint}`,
        words: joints[joint].words,
        still: joints[joint].moved < MOVED,
        cells: [joints[joint].name, ...joints[joint].peaks, joints[joint].moved.toFixed(1)],
      })),
    open,
  );
  fillDeltas(
    'pair-classes',
    'Classes: area in the crop',
    ['class', heads[0], heads[1], 'points'],
    classes.map((one, k) => ({
      value: `class ${k}`,
      words: one.words,
      still: one.lost + one.gained === 0,
      cells: [one.name, ...one.areas, one.points],
    })),
    open,
  );
}

function fillDeltas(name, caption, heads, rows, open) {
  const head = make('tr', {}, ...heads.map((text) => make('th', { scope: 'col', text })));
  const lines = rows.map(({ value, words, still, cells }) => {
    const button = make('button', { type: 'button', class: 'link', 'aria-label': words, title: words, text: cells[0] });
    button.addEventListener('click', () => open(value));
    return make(
      'tr',
      { class: still ? 'still' : null },
      make('th', { scope: 'row' }, button),
      ...cells.slice(1).map((text) => make('td', { text })),
    );
  });
  part(name).replaceChildren(make('caption', { text: caption }), make('thead', {}, head), make('tbody', {}, ...lines));
}
