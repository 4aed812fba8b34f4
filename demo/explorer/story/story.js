// The story of one minute: plays, stops, goes back and on, and can be left at any time. Where the visitor wants nothing to
// move, it is five still pictures. It is made of the last stored example that has one, and asks the server for nothing.

import { part } from '../lib/dom.js';
import { onResult } from '../state/view.js';
import { actorsOf, factsOf } from './actors.js';
import { SCENES, beatsOf, stillsOf, transformOf } from './beats.js';

const MOVE = 900; // milliseconds of one move
const APART = 60; // between one picture of a row and the next
const SNAP = 'cubic-bezier(0.3, 1.6, 0.5, 1)'; // a little too far, and back
const SMOOTH = 'cubic-bezier(0.4, 0, 0.2, 1)';

/** @typedef {import('./beats.js').Beat} Beat */

/** @import { Result } from '../lib/results.js' */

/**
 * @type {{ result: Result | null, made: Result | null, beats: Beat[], stills: import('./beats.js').Still[], actors: Record<string, HTMLElement>,
 *   at: number, playing: boolean, timer: number, began: number, left: number }}
 */
const story = {
  result: null, // the last one with a story
  made: null, // the one that the actors are of
  beats: [],
  stills: [],
  actors: {},
  at: 0,
  playing: false,
  timer: 0,
  began: 0,
  left: 0, // milliseconds of the beat that is shown
};

const still = () => matchMedia('(prefers-reduced-motion: reduce)').matches;

export function mount() {
  onResult((result) => {
    if (result.story) story.result = result;
    part('story-open').hidden = !story.result;
  });
  part('story-open').addEventListener('click', open);
  part('story-close').addEventListener('click', () => part('story').close());
  part('story').addEventListener('close', stop);
  part('story').addEventListener('keydown', (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (step) turn(step);
  });
  part('story-back').addEventListener('click', () => turn(-1));
  part('story-next').addEventListener('click', () => turn(1));
  part('story-play').addEventListener('click', () => {
    if (story.playing) stop();
    else if (story.at === story.beats.length - 1) show(0, true);
    else play(story.left);
  });
}

async function open() {
  if (story.result && story.made !== story.result) await make(story.result);
  part('story').showModal();
  part('story-play').hidden = still();
  if (still()) showStill(0);
  else show(0, true);
}

/** @param {Result} result */
async function make(result) {
  story.beats = beatsOf(factsOf(result));
  story.stills = stillsOf(story.beats);
  story.actors = await actorsOf(result);
  story.made = result;
  const rest = story.beats[0].poses;
  for (const [name, actor] of Object.entries(story.actors)) {
    const { x, y, wide, high } = rest[name];
    Object.assign(actor.style, { left: `${x}%`, top: `${2 * y}%`, width: `${wide}%`, height: `${2 * high}%` });
    actor.dataset.actor = name;
  }
  // In the order of the table: what comes later lies above.
  part('story-stage').replaceChildren(...Object.keys(rest).map((name) => story.actors[name]));
}

// A scene on or back, standing still.
function turn(step) {
  stop();
  showStill(Math.min(SCENES.length - 1, Math.max(0, story.beats[story.at].scene + step)));
}

function showStill(scene) {
  show(story.stills[scene].at, false);
  say(scene, story.stills[scene].words);
}

function say(scene, words) {
  part('story-words').textContent = words;
  part('story-stage').setAttribute('aria-label', `${SCENES[scene]}: ${words}`);
}

/**
 * @param {number} at index of a beat
 * @param {boolean} plays on from there
 */
function show(at, plays) {
  const before = story.beats[story.at].poses;
  const { scene, seconds, words, poses } = story.beats[at];
  const rest = story.beats[0].poses;
  Object.entries(story.actors).forEach(([name, actor]) => {
    for (const animation of actor.getAnimations()) animation.cancel();
    const frame = (pose) => ({ transform: transformOf(rest[name], pose), opacity: String(pose.show) });
    const [from, to] = [frame(before[name]), frame(poses[name])];
    Object.assign(actor.style, { transform: to.transform, opacity: to.opacity });
    if (!plays || (before[name].show === 0 && poses[name].show === 0)) return;
    const number = Number(name.match(/\d+/)?.[0] ?? 0);
    const snaps = name === 'skeleton';
    const start = snaps ? { ...from, transform: `${from.transform} scale(1.15)` } : from;
    const timing = { duration: MOVE, delay: APART * number, easing: snaps ? SNAP : SMOOTH };
    actor.animate([start, to], { ...timing, fill: 'backwards' });
  });
  Object.assign(story, { at, left: 1000 * seconds });
  part('story-title').textContent = SCENES[scene];
  part('story-count').textContent = `${scene + 1} of ${SCENES.length}`;
  say(scene, words);
  part('story-progress').value = (at + 1) / story.beats.length;
  part('story-back').disabled = scene === 0;
  part('story-next').disabled = scene === SCENES.length - 1;
  if (plays) play(story.left);
  else sayWhatPlayDoes();
}

/** @param {number} wait milliseconds until the next beat */
function play(wait) {
  clearTimeout(story.timer);
  const last = story.at === story.beats.length - 1;
  story.playing = !last;
  story.began = performance.now();
  if (!last) story.timer = setTimeout(() => show(story.at + 1, true), wait);
  moving((animation) => animation.play());
  sayWhatPlayDoes();
}

function stop() {
  if (story.playing) story.left = Math.max(0, story.left - (performance.now() - story.began));
  story.playing = false;
  clearTimeout(story.timer);
  moving((animation) => animation.pause());
  sayWhatPlayDoes();
}

function moving(each) {
  for (const actor of Object.values(story.actors)) {
    for (const animation of actor.getAnimations()) if (animation.playState !== 'finished') each(animation);
  }
}

function sayWhatPlayDoes() {
  const over = story.at === story.beats.length - 1;
  part('story-play').textContent = story.playing ? 'Pause' : over ? 'Play again' : 'Play';
}
