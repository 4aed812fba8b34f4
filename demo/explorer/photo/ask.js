// What the network is asked: which model, on which device, which crop, and for a photo from a file.

import { make, part } from '../lib/dom.js';
import { onAnyAnswer } from '../state/answers.js';
import { framing, setCrop, setWanted } from '../state/framing.js';
import { findsPeople, offer } from '../state/offer.js';
import { ask, poll, requests, say, setBusy, upload } from '../state/requests.js';
import { onResult } from '../state/view.js';
import { refusal } from './refused.js';
import { suggestRun } from './suggest.js';

const LARGEST = 64e6; // bytes; the server refuses more

export function mount() {
  offerModels();
  part('model-choice').addEventListener('change', () => {
    offerCrops();
    suggestRun();
    poll();
  });
  part('flip').addEventListener('change', suggestRun);
  part('again').addEventListener('click', () => run({}));
  onResult(({ model }) => {
    if (offer.models.includes(model)) part('model-choice').value = model;
    offerCrops();
  });
  onAnyAnswer((answer) => {
    if ('devices' in answer && answer.devices) offerDevices(answer.devices);
  });
}

/**
 * Ask for a prediction with what is chosen on the page.
 *
 * @param {object} more what is to be otherwise
 */
export function run(more) {
  const crop = framing.choice;
  const request = {
    model: part('model-choice').value,
    flip: part('flip').checked,
    crop,
    box: crop === 'box' ? framing.wanted : null,
    device: part('device-choice').value || 'auto',
    ...more,
  };
  ask('run_photo', request, 'the network is looking…');
}

/**
 * @param {File | undefined} file a photo
 * @param {object} more what is to be asked otherwise
 */
export async function takeFile(file, more = {}) {
  if (requests.busy || !file) return;
  if (file.size > LARGEST) {
    say(`This file has ${(file.size / 1e6).toFixed(0)} MB; 64 MB are the most that can be read.`);
    return;
  }
  if (file.size === 0) {
    say('This file is empty; choose a photo.');
    return;
  }
  say('');
  setBusy('sending the photo…');
  let why = refusal('');
  const sent = await upload(file).catch((error) => {
    why = refusal(error);
    return null;
  });
  setBusy('');
  if (!sent?.path) {
    say(why);
    return;
  }
  setWanted(null);
  if (framing.choice === 'box') setCrop(findsPeople(part('model-choice').value) ? 'person' : 'image');
  run({ upload: sent.path, ...more });
}

/** Only a network with joints can find a person; the others begin with the whole image. */
export function offerCrops() {
  const finds = findsPeople(part('model-choice').value);
  part('crop-choice').querySelector('[data-value="person"]').hidden = !finds;
  if (framing.choice === 'person' && !finds) setCrop('image', true);
  if (framing.choice === 'image' && finds && framing.instead) setCrop('person');
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

// Shown where there is a choice, once a network has run here.
function offerDevices(names) {
  const select = part('device-choice');
  part('device-field').hidden = names.length < 2;
  if (names.length < 2 || select.options.length) return;
  select.append(...['auto', ...names].map((name) => make('option', { value: name, text: name })));
}
