// Whether the attention explains a prediction: what is asked for, how far it is, and where the answers go.

const TEST_OFF = [['0', '0'], ['1', '1 (no gating)'], ['0.5', '0.5'], ['mean', 'this image’s mean']];
const TEST_WORDS = {
  evidence: 'the gate is taken away value by value…', rank: 'every branch of every block is switched off in turn…', sanity: 'a copy of the network forgets, stage by stage…',
};
const test = {
  branch: segmented('test-branch', 'spatial', () => {}), mode: segmented('curves-mode', 'delete', () => drawCurves()), value: null, rank: null, sanity: null, watching: null, began: 0,
};

const inWords = (name) => name.replaceAll('_', ' ');

function fillTargets() {
  const { pose, segmentation } = view.result;
  const select = part('target-choice');
  const wanted = select.value;
  const options = [];
  if (pose) options.push(...pose.order.map((joint) => [`joint:${pose.names[joint].replaceAll(' ', '_')}`, pose.names[joint]]));
  if (segmentation) options.push(...predictedClasses(segmentation).map((k) => [`class:${segmentation.names[k]}`, `${segmentation.names[k]} where it is predicted`]));
  const pixel = heldPixel();
  if (pixel && segmentation) options.push([pixel, `the class at the held cell (${pixel.slice(6)})`]);
  select.replaceChildren(...options.map(([value, text]) => make('option', { value, text })));
  if (options.some(([value]) => value === wanted)) select.value = wanted;
}

// Those that are the likeliest of some cell: a class without one has no place to be explained.
function predictedClasses({ names, width, height, probabilities }) {
  const found = new Set();
  for (let cell = 0; cell < width * height; cell += 1) {
    let best = 0;
    for (let k = 1; k < names.length; k += 1) if (probabilities[k * width * height + cell] > probabilities[best * width * height + cell]) best = k;
    found.add(best);
  }
  return [...found].sort((a, b) => a - b);
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
  setBusy(TEST_WORDS[name]);
  trigger(name, {
    target: part('target-choice').value, block: here(), branch: test.branch.value, off: off === 'mean' ? off : Number(off),
    seed: Math.max(0, Math.round(Number(part('test-seed').value) || 0)),
  });
  poll();
  test.began = performance.now();
  part('test-passes').textContent = '';
  watchTest();
}

async function watchTest() {
  clearTimeout(test.watching);
  const running = view.busy && element.isConnected;
  part('test-stop').hidden = !running;
  part('test-progress').hidden = !running;
  part('test-passes').hidden = !running;
  if (!running) return;
  const [done, total] = (await server.progress_of(me).catch(() => null)) ?? [0, 1];
  if (done < total) part('test-progress').value = done / total; else part('test-progress').removeAttribute('value'); // nobody counted
  showPasses(done, total);
  test.watching = setTimeout(watchTest, 300);
}

// How far it is, and about how long the rest takes at the speed so far.
function showPasses(done, total) {
  const seconds = (performance.now() - test.began) / 1000;
  const rest = done > 0 && done < total ? `, about ${Math.max(1, Math.round((seconds * (total - done)) / done))} s left` : '';
  part('test-passes').textContent = done < total ? `${done} of about ${total} passes${rest}` : `${done} passes`;
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

function forgetTest() {
  Object.assign(test, { value: null, rank: null, sanity: null });
  for (const name of ['curves-panel', 'credit-panel', 'rank-panel', 'sanity-panel']) part(name).hidden = true;
}

function testTables() {
  return [...curveTables(), ...rankTables(), ...sanityTables()];
}

part('test-off').append(...TEST_OFF.map(([value, text]) => make('option', { value, text })));
part('test-run').addEventListener('click', () => askTest('evidence'));
part('test-rank').addEventListener('click', () => askTest('rank'));
part('test-stop').addEventListener('click', () => server.stop(me).catch(() => say('The server does not answer; the test may still run.')));
part('target-choice').addEventListener('pointerdown', fillTargets);
