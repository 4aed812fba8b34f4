// Draws a result, joins the panels, and keeps the status line true.

const POLL = 1500;
const NEEDS_PSA = ['blockmap-panel', 'block-panel', 'channels-panel', 'spatial-panel', 'edits-panel', 'walk-panel', 'formulas-panel', 'switchboard-panel', 'evidence-panel'];
const ONLY_WITH_RESULT = ['panels', 'photo-figure', 'photo-switches', 'downloads', 'text'];
const view = {
  result: null, after: null, other: null, tab: 'look', block: 0, blockName: null, joint: null, wanted: null, busy: false, busyText: '', states: {}, asked: null,
};

function readResult(facts) {
  const result = { ...facts, gate: facts.gate && readScale(facts.gate) };
  if (facts.pose) {
    const { width, height } = facts.pose;
    const all = floats(facts.pose.heatmaps);
    result.pose = {
      ...facts.pose,
      shared: readScale(facts.pose.shared),
      own: facts.pose.own.map(readScale),
      maps: facts.pose.names.map((_, joint) => all.subarray(joint * width * height, (joint + 1) * width * height)),
    };
  }
  if (facts.segmentation) {
    result.segmentation = { ...facts.segmentation, probabilities: floats(facts.segmentation.probabilities), scale: readScale(facts.segmentation.scale) };
  }
  result.blocks = facts.blocks.map((block) => ({
    ...block,
    channelGate: floats(block.channel),
    spatialGate: floats(block.spatial),
    channelStretched: readScale(block.channelStretched),
    spatialStretched: readScale(block.spatialStretched),
  }));
  if (facts.map) {
    result.map = {
      ...facts.map,
      statistics: facts.map.statistics.map((one) => ({ ...one, absolute: readScale(one.absolute), fitted: readScale(one.fitted) })),
    };
  }
  return result;
}

function showResult(value) {
  const result = readResult(value);
  Object.assign(focus, { place: null, channel: null, heldPlace: null, heldChannel: null });
  view.result = result;
  view.joint = null;
  view.wanted = null;
  part('again').classList.remove('primary');
  parsing.pixels = null;
  const same = result.blocks.findIndex((block) => block.name === view.blockName);
  view.block = same >= 0 ? same : mostVaried(result);
  for (const name of ONLY_WITH_RESULT) part(name).hidden = false;
  showTitle(result);
  element.dataset.joints = Boolean(result.pose);
  part('skeleton-field').hidden = !result.pose;
  const plain = result.blocks.length === 0;
  for (const name of NEEDS_PSA) part(name).hidden = plain;
  part('absent').hidden = !plain;
  part('absent').textContent = `${result.model} has no polarized self-attention: there are no gates to show. `
    + 'What it predicts is what the same network predicts without them.';
  drawPhoto(result);
  drawHeatmaps(result);
  drawParsing(result);
  fillPictures(result);
  fillOthers();
  fillTargets();
  if (!plain) { fillStatistics(result); drawBlockMap(result); }
  if (cropChoice.value === 'box') setWanted(result.crop.box.map(Math.round));
  drawPinned(result);
  if (!plain) drawBlock(); else { tell(); writeText(); }
}

// The page opens on the block whose spatial gate says most, so that the first thing to see is not a flat one.
function mostVaried(result) {
  if (!result.map) return 0;
  const { values } = result.map.statistics[0];
  return values.indexOf(Math.max(...values));
}

function drawBlock() {
  const block = view.result.blocks[view.block];
  part('block-name').textContent = block.name;
  const names = ['min', 'max', 'mean', 'sd', 'entropy'];
  const row = (title, numbers) => make('tr', {}, make('th', { scope: 'row', text: title }), ...names.map((name) => make('td', { text: numbers[name] })));
  const head = make('tr', {}, make('th', { scope: 'col', text: 'gate' }), ...names.map((text) => make('th', { scope: 'col', text })));
  part('habit-words').replaceChildren(...(view.result.habits?.[block.name] ?? []).map((text) => make('p', { class: 'readout', text })));
  part('block-facts').replaceChildren(
    make('p', { class: 'words', text: `${block.size}; ${block.layout}, ${block.formula} formula` }),
    make('table', { class: 'facts' }, make('thead', {}, head), make('tbody', {}, row('channel-only', block.channelNumbers), row('spatial-only', block.spatialNumbers))),
  );
  drawGates();
  openedBlock();
}

function drawGates() {
  paintBlockMap();
  drawChannels();
  drawSpatial();
  drawEditTools();
  drawPair();
  writeText();
  tell();
}

// The gates as the open tab has them: edited where edits are made, untouched everywhere else.
function shownBlock() {
  return (view.tab === 'change' && view.after ? view.after : view.result).blocks[view.block];
}

function drawChoice() {
  drawMarks(view.result);
  drawPinned(view.result);
  tell();
  toAddress();
}

function showTitle(result) {
  const form = result.layout === 'none' ? 'no PSA' : `${result.formula} formula, ${result.layout}`;
  const flip = result.flip ? ', averaged with the mirrored photo' : '';
  part('model').textContent = result.model;
  part('run').textContent = `${form} · ${result.device} · ${result.seconds.toFixed(2)} s${flip}`;
  part('notes').textContent = result.notes.map((note) => `${note[0].toUpperCase()}${note.slice(1)}.`).join(' ');
  part('notes').hidden = result.notes.length === 0;
  part('stored').hidden = !result.stored;
  for (const button of part('examples').children) button.setAttribute('aria-pressed', button.dataset.example === result.example);
  if ([...part('model-choice').options].some((option) => option.value === result.model)) part('model-choice').value = result.model;
  offerCrops();
  showStatus();
}

// In groups of what they predict, where there is more than one.
function offerModels() {
  const option = (name) => make('option', { value: name, text: name });
  const groups = new Map();
  for (const name of offer.models) {
    const words = offer.tasks[name]?.words ?? 'other';
    groups.set(words, [...(groups.get(words) ?? []), option(name)]);
  }
  const nodes = [...groups].map(([label, options]) => make('optgroup', { label }, ...options));
  part('model-choice').append(...(groups.size > 1 ? nodes : offer.models.map(option)));
}

function showStatus() {
  const chosen = part('model-choice').value;
  const state = view.states[chosen];
  const stored = view.result?.example ? ': you are looking at a stored result' : '';
  let text = view.busyText || (offer.models.length ? '' : 'no model is bundled here: only stored results can be shown');
  if (!text && state === 'loading') text = `model loading${stored}`;
  else if (!text && state === 'ready') text = 'model ready';
  else if (!text && state && state !== 'not loaded') text = state;
  part('status').textContent = text;
}

let nextPoll = null;
async function poll() {
  const states = await server.status().catch(() => null);
  if (states) view.states = states;
  if (!states && view.busy) { setBusy(''); say('The server does not answer. The result on the page stays; try again later.'); }
  showStatus();
  const chosen = view.states[part('model-choice').value];
  const started = Object.values(view.states).some((state) => state !== 'not loaded');
  clearTimeout(nextPoll);
  if (element.isConnected && (chosen === 'loading' || view.busy || !started)) nextPoll = setTimeout(poll, POLL);
}

function fillStatistics(result) {
  const select = part('statistic');
  if (select.options.length) return;
  select.append(...result.map.statistics.map(({ key, label }) => make('option', { value: key, text: label })));
}

segmented('heat-scale', 'shared', paintHeatmaps);
segmented('heat-back', 'over', paintHeatmaps);
segmented('map-scale', 'absolute', paintBlockMap);
segmented('channel-order', 'index', () => { drawChannels(); tell(); });
segmented('channel-scale', 'absolute', () => { drawChannels(); tell(); });
segmented('spatial-scale', 'absolute', () => { drawSpatial(); tell(); });
segmented('spatial-back', 'bare', () => { drawSpatial(); tell(); });
part('statistic').addEventListener('change', paintBlockMap);
part('opacity').addEventListener('input', paintMask);
for (const name of ['show-skeleton', 'show-crop']) part(name).addEventListener('change', () => drawChoice());

onFocus((place, channel) => {
  if (!view.result) return;
  markPhoto(view.result, place);
  readHeatmaps(place);
  readParsing(place);
  readPair(place);
  if (!view.result.blocks.length) return;
  readBlockMap(place);
  readChannel(channel);
  readSpatial(place, channel);
  readWalk(place, channel);
});

offerModels();
part('model-choice').addEventListener('change', () => { offerCrops(); suggestRun(); poll(); });
part('flip').addEventListener('change', suggestRun);
part('examples').append(...offer.examples.map(({ name, label, thumbnail }) => {
  const button = make('button', { type: 'button', 'data-example': name, title: label }, make('img', { src: thumbnail, alt: '' }), make('span', { text: label }));
  button.addEventListener('click', () => { if (free()) { say(''); setBusy('opening the stored result…'); trigger('show_example', { example: name }); } });
  return button;
}));
watch('value', () => answered(JSON.parse(props.value)));
answered(JSON.parse(props.value));
openTab('look');
fromAddress(location.hash);
poll();
