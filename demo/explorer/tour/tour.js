// The guided tour: a strip above the page that asks for one thing at a time and says what came of it.

import { element, make, part } from '../lib/dom.js';
import { signal } from '../lib/signal.js';
import { onSettled } from '../state/answers.js';
import { say } from '../state/requests.js';
import { openTab, tabs } from '../state/tabs.js';
import { view } from '../state/view.js';
import { TOUR } from './steps.js';

/** @type {{ step: any, memory: any, done: boolean, achieved: Set<number> }} */
const state = { step: null, memory: null, done: false, achieved: new Set() };
const moved = signal();

/** @type {Readonly<{ step: number | null }>} */
export const tour = state;
export const onTour = moved.subscribe;

export function mount() {
  const turn = (step) => {
    openTour(step);
    part('tour-title').focus();
  };
  part('tour-start').addEventListener('click', () => {
    if (view.result) turn(1);
  });
  part('tour-back').addEventListener('click', () => turn(state.step - 1));
  part('tour-next').addEventListener('click', () => {
    if (state.step === TOUR.length) finishTour();
    else turn(state.step + 1);
  });
  part('tour-close').addEventListener('click', closeTour);
  for (const name of ['click', 'change', 'keyup', 'pointerup']) {
    element.addEventListener(name, () => queueMicrotask(lookAtTour));
  }
  onSettled(lookAtTour);
}

/** @param {number} step from 1 */
export function openTour(step) {
  const number = Math.min(TOUR.length, Math.max(1, Math.round(step)));
  const { title, text, task, tab, guess } = TOUR[number - 1];
  Object.assign(state, { step: number, done: false });
  openTab(tab);
  part('tour').hidden = false;
  part('tour-count').textContent = `Tour, ${number} of ${TOUR.length}`;
  part('tour-title').textContent = title;
  part('tour-text').textContent = typeof text === 'function' ? text() : text;
  ring(TOUR[number - 1].target);
  part('tour-task').textContent = task;
  part('tour-guess-field').hidden = !guess;
  if (guess) {
    part('tour-guess').replaceChildren(
      make('option', { value: '', text: 'choose' }),
      ...guess().map((name) => make('option', { value: name, text: name })),
    );
  }
  part('tour-back').disabled = number === 1;
  part('tour-next').textContent = number === TOUR.length ? 'Finish' : 'Next';
  state.memory = TOUR[number - 1].begin();
  part('tour-found').textContent = '';
  lookAtTour();
  moved.tell();
}

/**
 * What the step is about: ringed, and in sight.
 *
 * @param {string | null} name
 */
function ring(name) {
  element.querySelector('.ringed')?.classList.remove('ringed');
  if (!name) return;
  part(name).classList.add('ringed');
  part(name).scrollIntoView({ block: 'nearest' });
}

function closeTour() {
  ring(null);
  state.step = null;
  part('tour').hidden = true;
  part('tour-start').focus();
  moved.tell();
}

// Called after everything that a visitor does or the server answers: it reads the page's state and changes none of it.
function lookAtTour() {
  if (state.step === null || !view.result) return;
  const step = TOUR[state.step - 1];
  const missing =
    view.result.blocks.length === 0
      ? `${view.result.model} has no attention; choose a model with “psa” in its name.`
      : (step.needs?.() ?? '');
  state.done = !missing && tabs.current === step.tab && step.done(state.memory);
  if (state.done) state.achieved.add(state.step);
  const wrong = state.done && step.right?.() === false;
  part('tour-found').classList.toggle('done', state.done && !wrong);
  part('tour-found').classList.toggle('wrong', wrong);
  if (missing) part('tour-found').textContent = missing;
  else if (state.done) part('tour-found').textContent = `${verdict(step)} ${step.found(state.memory)}`;
  else if (tabs.current !== step.tab) {
    part('tour-found').textContent = 'This step is on another tab: press Back or Next, or open it above.';
  } else part('tour-found').textContent = '';
  part('tour-next').classList.toggle('primary', state.done);
}

// An answer that cannot be wrong is only done.
function verdict(step) {
  if (!step.right) return '✓';
  return step.right() ? '✓ Right.' : '✗ Not quite.';
}

function finishTour() {
  const count = state.achieved.size;
  say(
    `You did ${count} of the ${TOUR.length} steps. The same questions, by hand and in code, are in the notebooks; the words are explained under Read.`,
  );
  closeTour();
}
