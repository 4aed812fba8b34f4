// The view in the page's address: tab, example, model, block, scale, edits. Defaults are left out. The photo is never in it.

const SCALES = ['heat-scale', 'map-scale', 'channel-scale', 'channel-order', 'spatial-scale', 'spatial-back', 'heat-back'];
const LONGEST_ADDRESS = 30000; // characters; longer ones are cut off by too many programs
const address = { begun: false, ready: false, todo: [], later: null };

function toAddress() {
  if (!address.ready || !view.result) return;
  const state = new URLSearchParams();
  const keep = (name, value, usual) => { if (value && value !== usual) state.set(name, value); };
  keep('tab', view.tab, 'look');
  keep('tour', tour.step, null);
  keep('example', view.result.example, offer.examples[0]?.name);
  if (!view.result.stored) keep('model', view.result.model, offer.models[0]);
  if (view.result.example && view.asked) {
    keep('crop', view.asked.box ? view.asked.box.join(',') : view.asked.crop, 'person');
    if (view.asked.flip) state.set('flip', 1);
  }
  keep('block', view.result.blocks.length ? here() : null, usualBlock());
  for (const name of SCALES) keep(name, part(name).value, USUAL[name]);
  if (view.joint !== null) state.set('joint', view.joint);
  keep('picture', part('pair-what').value, 'mask');
  keep('statistic', part('statistic').value, part('statistic').options[0]?.value);
  if (view.other) state.set('with', view.other.asked.seed === null ? view.other.asked.model : `random:${view.other.asked.seed}`);
  if (moments.value) {
    const { steps, photos, photo, trainings, training } = moments.value;
    keep('moment', String(steps[moments.at]), String(steps.at(-1)));
    keep('seen', photo, photos[0]);
    keep('training', training, trainings[0]);
  }
  if (edits.list.length) state.set('edits', JSON.stringify(edits.list.map(packed)));
  const text = state.toString();
  const fits = text.length <= LONGEST_ADDRESS;
  part('link-note').textContent = fits ? LINK_NOTE : 'These edits are too long for an address: download them instead.';
  const fragment = text && fits ? `#${text}` : '';
  if (fragment !== location.hash) history.replaceState(history.state, '', `${location.pathname}${location.search}${fragment}`);
}

const LINK_NOTE = part('link-note').textContent;
const USUAL = {}; // filled when all of the page is there

function usualBlock() {
  return view.result.blocks.length ? view.result.blocks[mostVaried(view.result)].name : null;
}

// A mask of cells as its size and the lengths of its runs, beginning with zeros: "32x32:5.3.1016".
function packed(edit) {
  if (!edit.where) return edit;
  const runs = [];
  let last = '0';
  runs.push(0);
  for (const mark of edit.where.join('')) {
    if (mark !== last) { runs.push(0); last = mark; }
    runs[runs.length - 1] += 1;
  }
  return { ...edit, where: `${edit.where[0].length}x${edit.where.length}:${runs.join('.')}` };
}

function unpacked(edit) {
  if (typeof edit.where !== 'string') return edit;
  const match = edit.where.match(/^(\d{1,4})x(\d{1,4}):([\d.]+)$/);
  if (!match) return edit;
  const [width, height] = [Number(match[1]), Number(match[2])];
  const marks = match[3].split('.').map((count, i) => String(i % 2).repeat(Math.min(Number(count), width * height))).join('');
  return { ...edit, where: Array.from({ length: height }, (_, y) => marks.slice(y * width, (y + 1) * width)) };
}

// Steps that follow one another: each waits until the answer to the one before has been drawn.
function fromAddress(fragment) {
  if (!address.begun) for (const name of SCALES) USUAL[name] = part(name).value;
  const state = new URLSearchParams(fragment.slice(1));
  const example = state.get('example');
  const model = state.get('model');
  const steps = [];
  if (example && offer.examples.some((one) => one.name === example) && example !== view.result?.example) {
    steps.push(() => trigger('show_example', { example }));
  }
  const known = offer.models.includes(model) ? { model } : {};
  const crop = readCrop(state.get('crop'));
  const flip = state.get('flip') === '1';
  if (known.model || crop || flip) steps.push(() => takeRun({ ...known, ...crop, flip }));
  steps.push(() => { takeView(state); arrived(); });
  const list = readList(state.get('edits'));
  if (list.length) steps.push(() => { edits.past = [[]]; takeEdits(list); });
  const other = state.get('with');
  if (other) steps.push(() => { takeOther(other); if (part('compare-choice').value) askCompare(); else arrived(); });
  Object.assign(address, { begun: true, ready: false, todo: steps });
  if (view.result) arrived();
}

// "image", or the edges of a box; anything else is left out.
function readCrop(text) {
  if (text === 'image') return { crop: 'image', box: null };
  const box = (text ?? '').split(',').map(Number);
  return text && box.length === 4 && box.every(Number.isFinite) ? { crop: 'box', box } : null;
}

function takeRun(wanted) {
  const same = (!wanted.model || wanted.model === view.result.model) && !wanted.crop && !wanted.flip;
  if (same) { arrived(); return; }
  part('flip').checked = wanted.flip;
  if (wanted.model) { part('model-choice').value = wanted.model; offerCrops(); }
  if (wanted.crop) { setCrop(wanted.crop); setWanted(wanted.box); }
  ask(wanted);
}

function readList(text) {
  try {
    const list = JSON.parse(text ?? '[]');
    return Array.isArray(list) && list.every((edit) => edit && typeof edit === 'object') ? list.map(unpacked) : [];
  } catch (error) {
    say('The edits in this address can not be read.');
    return [];
  }
}

function arrived() {
  if (!address.begun) return;
  const step = address.todo.shift();
  if (step) { step(); return; }
  address.ready = true;
  if (address.later) {
    const fragment = address.later;
    address.later = null;
    fromAddress(fragment);
    return;
  }
  toAddress();
}

function takeView(state) {
  for (const name of SCALES) {
    const button = [...part(name).querySelectorAll('button')].find((one) => one.dataset.value === state.get(name));
    if (button) button.click();
  }
  const block = view.result.blocks.findIndex((one) => one.name === state.get('block'));
  if (block >= 0) chooseBlock(block);
  const joint = Number(state.get('joint') ?? NaN);
  if (view.result.pose?.names[joint]) { view.joint = joint; drawChoice(); }
  if ([...part('pair-what').options].some((option) => option.value === state.get('picture'))) part('pair-what').value = state.get('picture');
  if ([...part('statistic').options].some((option) => option.value === state.get('statistic'))) { part('statistic').value = state.get('statistic'); paintBlockMap(); }
  moments.wanted = Object.fromEntries([['moment', 'moment'], ['photo', 'seen'], ['training', 'training']].map(([name, key]) => [name, state.get(key) ?? undefined]));
  openTab(state.get('tab') ?? 'look');
  if (state.has('tour')) openTour(Number(state.get('tour')) || 1);
}

function takeOther(text) {
  const seed = text.match(/^random:(\d+)$/);
  if (seed) part('compare-seed').value = seed[1];
  part('compare-choice').value = seed ? RANDOM : text;
  showSeed();
}

// Text links and hand-typed addresses: what they name is opened, on the photo that is shown unless they name another.
window.addEventListener('hashchange', () => {
  if (!element.isConnected) return;
  if (view.busy || edits.inFlight || walk.inFlight) address.later = location.hash; else fromAddress(location.hash);
});
element.addEventListener('click', () => queueMicrotask(toAddress));
part('copy-link').addEventListener('click', async () => {
  try {
    await navigator.clipboard.writeText(location.href);
    part('link-note').textContent = `Copied. ${LINK_NOTE}`;
  } catch (error) {
    part('link-note').textContent = 'The clipboard can not be used here: copy the address from the browser’s own bar.';
  }
});
