// The view in the page's address: tab, example, model, block, scale, edits. Defaults are left out. The photo is never in it.

import { askCompare, chooseOther } from '../compare/compare.js';
import { SCALES, addressOf, readCrop, readList } from '../lib/address.js';
import { element, part } from '../lib/dom.js';
import { packed } from '../lib/painted.js';
import { mostVaried } from '../lib/results.js';
import { snapshots, onSnapshot, onTraining, wantSnapshot } from '../snapshots/training.js';
import { offerCrops, run } from '../photo/ask.js';
import { arrival, arrived, begin, comeLater, onArrival } from '../state/arrival.js';
import { compared, onCompared } from '../state/compared.js';
import { edits, onEdits, openEdits } from '../state/edits.js';
import { setCrop, setWanted } from '../state/framing.js';
import { offer } from '../state/offer.js';
import { running, say, trigger } from '../state/requests.js';
import { onTab, openTab, tabs } from '../state/tabs.js';
import { chooseBlock, chooseJoint, hasBlocks, here, onJoint, view } from '../state/view.js';
import { onTour, openTour, tour } from '../tour/tour.js';

const LONGEST_ADDRESS = 30000; // characters; longer ones are cut off by too many programs

let note = ''; // what stands beside the link when there is nothing else to say
/** @type {Record<string, string>} */
let usual = {}; // of the scales, filled when all of the page is there

export function mount() {
  note = part('link-note').textContent;
  usual = Object.fromEntries(SCALES.map((name) => [name, part(name).value]));
  onTab(() => toAddress({ entry: true }));
  for (const subscribe of [onEdits, onJoint, onCompared, onTraining, onSnapshot, onTour]) subscribe(() => toAddress());
  part('pair-what').addEventListener('change', () => toAddress());
  element.addEventListener('click', () => queueMicrotask(() => toAddress()));
  onArrival((later) => {
    if (later) fromAddress(later);
    else toAddress();
  });
  // Text links and hand-typed addresses: what they name is opened, on the photo that is shown unless they name another.
  window.addEventListener('hashchange', () => {
    if (!element.isConnected) return;
    if (running()) comeLater(location.hash);
    else fromAddress(location.hash);
  });
  part('copy-link').addEventListener('click', copy);
}

async function copy() {
  try {
    await navigator.clipboard.writeText(location.href);
    part('link-note').textContent = `Copied. ${note}`;
  } catch {
    part('link-note').textContent = 'The clipboard can not be used here: copy the address from the browser’s own bar.';
  }
}

// Another tab is a place to come back to; everything else only says where one is.
function toAddress({ entry = false } = {}) {
  if (!arrival.ready || !view.result) return;
  const text = addressOf(viewed()).toString();
  const fits = text.length <= LONGEST_ADDRESS;
  part('link-note').textContent = fits ? note : 'These edits are too long for an address: download them instead.';
  const fragment = text && fits ? `#${text}` : '';
  if (fragment === location.hash) return;
  const address = `${location.pathname}${location.search}${fragment}`;
  if (entry) history.pushState(history.state, '', address);
  else history.replaceState(history.state, '', address);
}

// Everything that an address can hold, with what is usual: [value, usual].
function viewed() {
  const { result, asked } = view;
  const [block, most] = hasBlocks() ? [here(), result.blocks[mostVaried(result)].name] : [null, null];
  const flipped = result.example && asked?.flip;
  const crop = result.example && asked && (asked.box ? asked.box.join(',') : asked.crop);
  const seed = compared.result?.asked.seed ?? null;
  const other = compared.result && (seed === null ? compared.result.asked.model : `random:${seed}`);
  const training = snapshots.value;
  return {
    tab: [tabs.current, 'look'],
    tour: [tour.step, null],
    example: [result.example, offer.examples[0]?.name],
    model: [result.stored ? null : result.model, offer.models[0]],
    crop: [crop, 'person'],
    flip: [flipped ? '1' : null, null],
    block: [block, most],
    ...Object.fromEntries(SCALES.map((name) => [name, [part(name).value, usual[name]]])),
    joint: [view.joint === null ? null : String(view.joint), null],
    picture: [part('pair-what').value, 'mask'],
    statistic: [part('statistic').value, part('statistic').options[0]?.value],
    with: [other, null],
    snapshot: training && [String(training.steps[snapshots.at]), String(training.steps.at(-1))],
    seen: training && [training.photo, training.photos[0]],
    training: training && [training.training, training.trainings[0]],
    edits: [edits.list.length ? JSON.stringify(edits.list.map(packed)) : null, null],
  };
}

/**
 * Open what an address names.
 *
 * @param {string} fragment with its #
 */
export function fromAddress(fragment) {
  const state = new URLSearchParams(fragment.slice(1));
  const example = state.get('example');
  const model = state.get('model');
  const steps = [];
  if (example && offer.examples.some((one) => one.name === example) && example !== view.result?.example) {
    steps.push(() => trigger('show_example', { example }));
  }
  const known = model && offer.models.includes(model) ? { model } : {};
  const crop = readCrop(state.get('crop'));
  const flip = state.get('flip') === '1';
  if (known.model || crop || flip) steps.push(() => takeRun({ ...known, ...crop, flip }));
  steps.push(() => {
    takeView(state);
    arrived();
  });
  const list = readList(state.get('edits'));
  if (!list) say('The edits in this address can not be read.');
  if (list?.length) steps.push(() => openEdits(list));
  const other = state.get('with');
  if (other) {
    steps.push(() => {
      chooseOther(other);
      if (!askCompare()) arrived();
    });
  }
  begin(steps);
  if (view.result) arrived();
}

function takeRun(wanted) {
  const same = (!wanted.model || wanted.model === view.result.model) && !wanted.crop && !wanted.flip;
  if (same) {
    arrived();
    return;
  }
  part('flip').checked = wanted.flip;
  if (wanted.model) {
    part('model-choice').value = wanted.model;
    offerCrops();
  }
  if (wanted.crop) {
    setCrop(wanted.crop);
    setWanted(wanted.box);
  }
  run(wanted);
}

function takeView(state) {
  for (const name of SCALES) {
    const button = [...part(name).querySelectorAll('button')].find((one) => one.dataset.value === state.get(name));
    if (button) button.click();
  }
  const block = view.result.blocks.findIndex((one) => one.name === state.get('block'));
  if (block >= 0) chooseBlock(block);
  const joint = Number(state.get('joint') ?? NaN);
  if (view.result.pose?.names[joint]) chooseJoint(joint);
  for (const [name, key] of [
    ['pair-what', 'picture'],
    ['statistic', 'statistic'],
  ]) {
    const select = part(name);
    if (![...select.options].some((option) => option.value === state.get(key))) continue;
    select.value = state.get(key);
    select.dispatchEvent(new Event('change'));
  }
  const wanted = [
    ['snapshot', 'snapshot'],
    ['photo', 'seen'],
    ['training', 'training'],
  ];
  wantSnapshot(Object.fromEntries(wanted.map(([name, key]) => [name, state.get(key) ?? undefined])));
  openTab(state.get('tab') ?? 'look');
  if (state.has('tour')) openTour(Number(state.get('tour')) || 1);
}
