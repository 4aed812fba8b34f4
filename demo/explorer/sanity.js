// Whether a block's gates depend on what the network learned, and whether they follow the photo.

const known = (value) => (value === null || value === undefined ? 'constant' : minus(value));

function answeredSanity(value) {
  watchTest();
  test.sanity = value;
  part('sanity-panel').hidden = false;
  part('sanity-title').textContent = `Sanity checks of ${value.block}, ${value.target.name}`;
  fillTable('cascade-table', 'Weights forgotten from the heads down, one part after the other: rank correlation with the untouched network’s, for maps also SSIM', cascadeHeads(value), cascadeRows(value));
  fillTable('moved-table', 'The photo changed: does the map change likewise?', ['change', 'map follows', 'map stays', 'weights stay'], movedRows(value));
  writeText();
}

const cascadeHeads = ({ cascade }) => ['forgotten', ...Object.keys(cascade[0].rho).map(inWords)];
const cascadeRows = ({ cascade }) => cascade.map((step) => [
  step.randomised || 'nothing yet',
  ...Object.entries(step.rho).map(([name, rho]) => (step.ssim[name] == null ? known(rho) : `${known(rho)} · ${known(step.ssim[name])}`)),
]);
const movedRows = ({ moved }) => moved.map((one) => [one.change, known(one.spatial), known(one.spatial_stays), known(one.channel), one.detail]);

function fillTable(name, caption, heads, rows) {
  const lines = rows.map((row) => make('tr', { title: row.length > heads.length ? row.at(-1) : null }, ...row.slice(0, heads.length).map((text, i) => make(i ? 'td' : 'th', i ? { text } : { scope: 'row', text }))));
  part(name).replaceChildren(make('caption', { text: caption }), make('thead', {}, make('tr', {}, ...heads.map((text) => make('th', { scope: 'col', text })))), make('tbody', {}, ...lines));
}

function sanityTables() {
  if (!test.sanity) return [];
  return [
    table(`Weights of the network forgotten: ${test.sanity.block}`, cascadeHeads(test.sanity), cascadeRows(test.sanity)),
    table('The photo changed', ['change', 'map follows', 'map stays', 'weights stay', 'what was done'], movedRows(test.sanity)),
  ];
}

part('test-sanity').addEventListener('click', () => askTest('sanity'));
