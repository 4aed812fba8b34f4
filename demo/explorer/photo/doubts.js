// What a visitor should know before they believe the skeleton, said over the photo, with what can be done: nobody was
// found, the finder is not sure, the person is cut off or very small.

import { make, part } from '../lib/dom.js';
import { setCrop } from '../state/framing.js';
import { findsPeople, offer } from '../state/offer.js';
import { onResult } from '../state/view.js';
import { run } from './ask.js';
import { suggestRun } from './suggest.js';

export function mount() {
  onResult(showDoubts);
  part('doubts').addEventListener('pointerdown', (event) => event.stopPropagation()); // it lies on the photo
}

function showDoubts(result) {
  const doubts = result.doubts ?? [];
  part('doubts').hidden = doubts.length === 0;
  if (!doubts.length) return;
  const sentences = doubts.map(({ text }) => make('p', { text: `${text[0].toUpperCase()}${text.slice(1)}.` }));
  const box = action('draw a box', () => {
    setCrop('box');
    suggestRun();
    part('photo-stage').focus();
  });
  const street = doubts.some(({ kind }) => kind === 'nobody') && offer.models.find((name) => !findsPeople(name));
  const more = street ? [action('street model', () => run({ model: street, crop: 'image', box: null }))] : [];
  const close = action('hide this', () => {
    part('doubts').hidden = true;
  });
  part('doubts').replaceChildren(...sentences, box, ...more, close);
}

function action(text, act) {
  const button = make('button', { type: 'button', text });
  button.addEventListener('click', act);
  return button;
}
