// Another model, or the same one without what it learned, on the crop that is shown.

const RANDOM = 'random weights';

function fillOthers() {
  const select = part('compare-choice');
  const wanted = select.value;
  const alike = offer.tasks[view.result.model]?.alike ?? []; // what predicts other things can not be compared
  const others = alike.filter((name) => name !== view.result.model);
  const known = offer.models.includes(view.result.model);
  select.replaceChildren(...others.map((name) => make('option', { value: name, text: name })));
  if (known) select.append(make('option', { value: RANDOM, text: `${view.result.model} with random weights` }));
  if ([...select.options].some((option) => option.value === wanted)) select.value = wanted;
  showSeed();
}

function showSeed() {
  part('compare-seed-field').hidden = part('compare-choice').value !== RANDOM;
}

function askCompare() {
  if (!part('compare-choice').value || !free()) return;
  const random = part('compare-choice').value === RANDOM;
  say('');
  setBusy('the other network is looking…');
  trigger('compare', { model: part('compare-choice').value, seed: random ? Math.max(0, Math.round(Number(part('compare-seed').value) || 0)) : null });
  poll();
}

function answeredCompare(value) {
  const read = readResult({ ...value.other, gate: null, map: null });
  view.other = { ...read, change: readChange(value.change), asked: value.asked };
  part('compare-words').textContent = `${view.other.model}: ${view.other.layout === 'none' ? 'no PSA' : `${view.other.formula} formula, ${view.other.layout}`}; the same crop, the same scales.`;
  drawMarks(view.result);
  drawPair();
  writeText();
  toAddress();
}

function forgetOther() {
  view.other = null;
  part('compare-words').textContent = '';
}

part('compare-choice').addEventListener('change', showSeed);
part('compare-run').addEventListener('click', askCompare);
