// What is under way, what the server says of itself, and sentences to the visitor.

import { element, part } from '../lib/dom.js';
import { offer } from '../state/offer.js';
import { leaveLine, onImpatience, onLine, onStatus, requests } from '../state/requests.js';
import { onResult, view } from '../state/view.js';

const BUSY_BUTTONS = ['choose', 'webcam', 'again', 'snap', 'compare-run', 'switch-run'];

export function mount() {
  onStatus(showStatus);
  onResult(showWords);
  onLine(showLine);
  onImpatience(() => {
    part('status').textContent = 'one moment: the network is still running';
  });
  part('leave').addEventListener('click', leaveLine);
  showStatus();
}

function showStatus() {
  part('message').textContent = requests.message;
  part('message').hidden = !requests.message;
  element.classList.toggle('busy', requests.busy);
  element.setAttribute('aria-busy', requests.busy);
  for (const name of BUSY_BUTTONS) part(name).disabled = requests.busy || !offer.models.length;
  for (const button of part('examples').children) button.disabled = requests.busy;
  showWords();
}

function showLine() {
  part('leave').hidden = requests.before === 0;
  part('leave').textContent = `${requests.before} before you: cancel`;
}

function showWords() {
  const state = requests.states[part('model-choice').value];
  const stored = view.result?.example ? ': you are looking at a stored result' : '';
  const none = offer.models.length ? '' : 'no model is bundled here: only stored results can be shown';
  let text = requests.words || none;
  if (!text && !requests.lost && state === 'loading') text = `model loading${stored}`;
  else if (!text && requests.lost) text = 'the server does not answer; what is shown stays';
  else if (!text && state === 'ready') text = 'model ready';
  else if (!text && state && state !== 'not loaded') text = state;
  part('status').textContent = text;
}
