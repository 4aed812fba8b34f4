// Every branch of every block switched off by itself: a table that leads to the blocks.

const rankShown = 15;

function answeredRank(value) {
  watchTest();
  test.rank = value;
  const most = Math.max(...value.effects.map(({ lost }) => Math.abs(lost))) || 1;
  part('rank-panel').hidden = false;
  part('rank-title').textContent = `What ${value.target.name} depends on`;
  const top = value.effects[0];
  part('rank-words').textContent = `One branch of one block switched off at a time, ${value.effects.length} in all. Most is lost without the ${top.branch} gate of ${top.block}: ${signed(top.lost)} of probability.`;
  const heads = ['block', 'gate', 'set to', 'probability lost', ''].map((text) => make('th', { scope: 'col', text }));
  const rows = value.effects.slice(0, rankShown).map((effect) => {
    const button = make('button', { type: 'button', class: 'link', text: effect.block });
    button.addEventListener('click', () => {
      test.branch.choose(effect.branch);
      chooseBlock(view.result.blocks.findIndex(({ name }) => name === effect.block));
    });
    const bar = make('span', { class: effect.lost < 0 ? 'bar gain' : 'bar', style: { width: `${(100 * Math.abs(effect.lost)) / most}%` } });
    return make('tr', {}, make('th', { scope: 'row' }, button), make('td', { text: effect.branch }), make('td', { text: effect.off.toFixed(2) }), make('td', { text: signed(effect.lost) }), make('td', {}, bar));
  });
  part('rank-table').replaceChildren(make('caption', { text: `Largest change first, ${rows.length} of ${value.effects.length}; a negative loss is a gain` }), make('thead', {}, make('tr', {}, ...heads)), make('tbody', {}, ...rows));
  writeText();
}

function rankTables() {
  if (!test.rank) return [];
  const { target, effects } = test.rank;
  return [table(
    `What ${target.name} depends on: one branch of one block switched off at a time`, ['block', 'gate', 'set to', 'probability lost'],
    effects.map((effect) => [effect.block, effect.branch, effect.off.toFixed(2), signed(effect.lost)]),
  )];
}
