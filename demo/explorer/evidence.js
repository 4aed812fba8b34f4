// Whether the attention explains a prediction: taking it away in several orders, other methods beside it, all blocks ranked.

const TEST_OFF = [['0', '0'], ['1', '1 (no gating)'], ['0.5', '0.5'], ['mean', 'this image’s mean']];
const ORDERS = {
  attention: ['highest attention first', { stroke: '#1f6fb2', width: 2.6 }],
  reversed: ['lowest attention first', { stroke: '#1f6fb2', dash: '6 4' }],
  random: ['at random', { stroke: '#808080' }],
  elsewhere: ['the same map elsewhere', { stroke: '#808080', dash: '2 3' }],
  centre: ['from the centre outwards', { stroke: '#b8860b', dash: '8 3 2 3' }],
};
const METHOD_STYLES = [{ stroke: '#b3124f' }, { stroke: '#b3124f', dash: '5 3' }, { stroke: '#00845f' }, { stroke: '#00845f', dash: '5 3' }, { stroke: '#8c510a' }, { stroke: '#8c510a', dash: '5 3' }];
const test = {
  branch: segmented('test-branch', 'spatial', () => {}), mode: segmented('curves-mode', 'delete', () => drawCurves()), value: null, rank: null, watching: null,
};

const rankShown = 15;
const inWords = (name) => name.replaceAll('_', ' ');

function fillTargets() {
  const { pose, segmentation } = view.result;
  const select = part('target-choice');
  const wanted = select.value;
  const options = [];
  if (pose) options.push(...pose.order.map((joint) => [`joint:${pose.names[joint].replaceAll(' ', '_')}`, pose.names[joint]]));
  if (segmentation) segmentation.names.forEach((name, k) => { if (segmentation.shares[k] > 0) options.push([`class:${name}`, `${name} where it is predicted`]); });
  const pixel = heldPixel();
  if (pixel && segmentation) options.push([pixel, `the class at the held cell (${pixel.slice(6)})`]);
  select.replaceChildren(...options.map(([value, text]) => make('option', { value, text })));
  if (options.some(([value]) => value === wanted)) select.value = wanted;
}

function heldPixel() {
  if (!focus.heldPlace) return null;
  const [x0, y0, x1, y1] = view.result.crop.box;
  const { u, v } = focus.heldPlace;
  return `pixel:${Math.round(x0 + u * (x1 - x0) - 0.5)},${Math.round(y0 + v * (y1 - y0) - 0.5)}`;
}

function askTest(name) {
  if (!free() || !part('target-choice').value) return;
  const off = part('test-off').value;
  say('');
  setBusy(name === 'rank' ? 'every branch of every block is switched off in turn…' : 'the gate is taken away value by value…');
  trigger(name, {
    target: part('target-choice').value, block: here(), branch: test.branch.value, off: off === 'mean' ? off : Number(off),
    seed: Math.max(0, Math.round(Number(part('test-seed').value) || 0)),
  });
  poll();
  watchTest();
}

async function watchTest() {
  clearTimeout(test.watching);
  const running = view.busy && element.isConnected;
  part('test-stop').hidden = !running;
  part('test-progress').hidden = !running;
  if (!running) return;
  const [done, total] = (await server.progress_of(me).catch(() => null)) ?? [0, 1];
  if (done < total) part('test-progress').value = done / total; else part('test-progress').removeAttribute('value'); // nobody counted
  part('test-progress').title = `${done} of ${total} passes`;
  test.watching = setTimeout(watchTest, 300);
}

function answeredEvidence(value) {
  watchTest();
  const read = (one) => ({ ...one, values: floats(one.values), scale: readScale(one.scale) });
  test.value = { ...value, maps: value.maps.map(read) };
  const select = part('curves-measure');
  const wanted = select.value;
  select.replaceChildren(...value.curves.measures.map(({ name, meaning }) => make('option', { value: name, text: meaning })));
  if (value.curves.measures.some(({ name }) => name === wanted)) select.value = wanted;
  part('curves-panel').hidden = false;
  part('credit-panel').hidden = false;
  const { block, branch } = value.curves;
  part('curves-title').textContent = `${value.target.name}: ${branch === 'spatial' ? 'map' : 'weights'} of ${block}`;
  part('curves-verdict').textContent = value.verdict;
  drawCurves();
  drawCredits();
  writeText();
}

function orderStyle(name) {
  if (ORDERS[name]) return ORDERS[name];
  const at = test.value.maps.findIndex((one) => one.method === name);
  return [`by ${inWords(name)}`, METHOD_STYLES[at % METHOD_STYLES.length]];
}

function drawCurves() {
  if (!test.value) return;
  const { curves } = test.value;
  const measure = part('curves-measure').value;
  const away = test.mode.value === 'delete';
  const shown = curves.curves.filter((curve) => curve.mode === test.mode.value);
  lineChart(part('curves-chart'), {
    x: curves.shares,
    series: shown.map((curve) => ({ name: orderStyle(curve.order)[0], ...curve.left[measure], style: orderStyle(curve.order)[1] })),
    low: measure === 'moved' ? 0 : null,
    xLabel: `part of the gate ${away ? `taken away (set to ${curves.off.toFixed(2)})` : 'given back'}`,
    yLabel: { moved: 'pixels of the photo', target: 'probability', peak: 'probability', iou: 'intersection over union' }[measure],
    label: `${measure} while the gate of ${curves.block} is ${away ? 'taken away' : 'given back'} in ${shown.length} orders; the table has the areas`,
  });
  const rows = shown.map((curve) => {
    const area = curve.areas[measure];
    const [words, style] = orderStyle(curve.order);
    const swatch = make('span', { class: 'swatch' });
    swatch.append(svg('svg', { viewBox: '0 0 26 8', width: 26, height: 8 }, svg('path', { d: 'M0 4H26', stroke: style.stroke, 'stroke-width': 2.4, 'stroke-dasharray': style.dash ?? 'none' })));
    const name = make('th', { scope: 'row' }, swatch, words);
    const spread = area.draws > 1 ? `${area.low.toFixed(4)} to ${area.high.toFixed(4)}, ${area.draws} draws` : 'one order';
    const row = make('tr', { 'data-order': curve.order }, name, make('td', { text: area.mean.toFixed(4) }), make('td', { text: spread }));
    row.addEventListener('pointerenter', () => faintAllBut(words));
    row.addEventListener('pointerleave', () => faintAllBut(null));
    return row;
  });
  const heads = ['order', 'area under the curve', 'spread'].map((text) => make('th', { scope: 'col', text }));
  part('curves-table').replaceChildren(
    make('caption', { text: away ? 'Smaller area: the prediction falls sooner' : 'Larger area: the prediction comes back sooner' }),
    make('thead', {}, make('tr', {}, ...heads)), make('tbody', {}, ...rows),
  );
  part('curves-note').textContent = `Only this gate changes. Measured: ${curves.measures.find(({ name }) => name === measure).meaning}.`;
}

function faintAllBut(name) {
  for (const line of part('curves-chart').querySelectorAll('.line')) line.classList.toggle('faint', name !== null && line.dataset.line !== name);
}

function agreement(one) {
  if (one.rho === null) return 'no rank correlation with attention: one of the two is constant';
  const said = (rho, band) => `${known(rho)}${band ? ` (chance ${minus(band[0])} to ${minus(band[1])})` : ''}`;
  const size = one.rhoSize === one.rho ? '' : `, of its size ${said(one.rhoSize, one.bandSize)}`;
  return `rank correlation with attention ${said(one.rho, one.band)}${size}: ${one.beyond ? 'beyond' : 'not beyond'} chance`;
}

const minus = (value) => value.toFixed(2).replace('-', '\u2212');

function drawCredits() {
  const { maps, curves } = test.value;
  const block = view.result.blocks.find(({ name }) => name === curves.block);
  const gate = curves.branch === 'spatial' ? block.spatialGate : block.channelGate;
  const first = { title: 'attention', note: 'the gate itself, 0 to 1', values: gate, scale: view.result.gate, shape: curves.branch === 'spatial' ? [block.height, block.width] : [block.channels], words: [] };
  const others = maps.map((one) => ({
    ...one, title: inWords(one.method),
    words: [agreement(one), one.delta === null ? '' : `adds up to the change ${signed(one.change)} within ${signed(one.delta)}`].filter(Boolean),
  }));
  part('credits').replaceChildren(...[first, ...others].map(creditFigure));
}

function creditFigure({ title, note, values, scale, shape, words }) {
  const legend = make('div', { class: 'legend' });
  const host = shape.length === 2 ? make('div', { class: 'map' }) : make('canvas', { class: 'bars', role: 'img', 'aria-label': `${title}: ${scale.legend}` });
  const figure = make('figure', { 'data-credit': title }, make('figcaption', { text: title }), host, legend, ...[...words, note].map((text) => make('p', { class: 'readout', text })));
  if (shape.length === 2) {
    const [height, width] = shape;
    const map = cellMap(host, `${title}: ${scale.legend}`);
    map.size(width, height, `${view.result.crop.width} / ${view.result.crop.height}`);
    paintCells(map.canvas, values, width, height, scale, ALL);
  } else {
    paintVector(host, { values, scale });
  }
  drawLegend(legend, scale, ALL);
  return figure;
}

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

function forgetTest() {
  Object.assign(test, { value: null, rank: null });
  for (const name of ['curves-panel', 'credit-panel', 'rank-panel']) part(name).hidden = true;
}

function testTables() {
  if (!test.value) return [];
  const { curves, target } = test.value;
  const measure = part('curves-measure').value;
  return [table(
    `${target.name}, ${curves.branch} gate of ${curves.block}: area under the curve of ${measure}`, ['order', 'taken away', 'given back'],
    [...new Set(curves.curves.map(({ order }) => order))].map((order) => [
      orderStyle(order)[0], ...['delete', 'insert'].map((mode) => curves.curves.find((one) => one.order === order && one.mode === mode)?.areas[measure].mean.toFixed(4) ?? ''),
    ]),
  ), ...sanityTables()];
}

part('test-off').append(...TEST_OFF.map(([value, text]) => make('option', { value, text })));
part('test-run').addEventListener('click', () => askTest('evidence'));
part('test-rank').addEventListener('click', () => askTest('rank'));
part('test-stop').addEventListener('click', () => server.stop(me).catch(() => say('The server does not answer; the test may still run.')));
part('curves-measure').addEventListener('change', drawCurves);
part('target-choice').addEventListener('pointerdown', fillTargets);
