// The steps one after the other, in the order in which they are computed: by hand, or by themselves.

import { element, part } from '../lib/dom.js';
import { onTab, tabs } from '../state/tabs.js';
import { onStep, onWalk, openStep, walk } from './steps.js';

const READING = 6000; // milliseconds to read a step

let next = 0;

export function mount() {
  part('walk-back').addEventListener('click', () => turn(-1));
  part('walk-next').addEventListener('click', () => turn(1));
  part('walk-play').addEventListener('click', () => (next ? stop() : play()));
  onTab(() => {
    if (tabs.current !== 'walk') stop();
  });
  onWalk(stop);
  onStep(showEnds);
}

const keys = () => walk.value?.stages.map(({ key }) => key) ?? [];
const current = () => keys().indexOf(walk.open ?? '');

/** @param {number} step */
function turn(step) {
  stop();
  go(step);
}

function go(step) {
  const wanted = keys()[current() + step];
  if (!wanted) return false;
  openStep(wanted);
  element.querySelector(`.node[data-step="${wanted}"]`)?.scrollIntoView({ block: 'nearest', inline: 'nearest' });
  return true;
}

function play() {
  if (current() === keys().length - 1) openStep(keys()[0]);
  else go(1);
  show(window.setInterval(() => {
    if (!element.isConnected || !go(1)) stop();
  }, READING)); // prettier-ignore
}

function stop() {
  clearInterval(next);
  show(0);
}

function show(timer) {
  next = timer;
  part('walk-play').textContent = timer ? 'Pause' : 'Play';
  part('walk-play').setAttribute('aria-pressed', String(Boolean(timer)));
  showEnds();
}

function showEnds() {
  part('walk-back').disabled = current() <= 0;
  part('walk-next').disabled = !walk.value || current() === keys().length - 1;
}
