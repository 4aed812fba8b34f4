// Whether the attention explains a prediction: what is asked for, how far it is, and what came of it.

import { readScale } from '../lib/colour.js';
import { element, part, segmented, wholeNumber } from '../lib/dom.js';
import { floats } from '../lib/numbers.js';
import { onAnswer, onRefused, onSettled } from '../state/answers.js';
import { arrival } from '../state/arrival.js';
import { found, takeFound } from '../state/found.js';
import { ask, me, requests, running, say, server } from '../state/requests.js';
import { tabs, onTab } from '../state/tabs.js';
import { chooseBlock, hasBlocks, here, view } from '../state/view.js';
import { writeText } from '../text/text.js';

const TEST_WORDS = {
  begin: 'a ranking of three seconds, to know where to begin…',
  evidence: 'the gate is taken away value by value…',
  rank: 'every gate that is not flat is set to its own mean in turn…',
  sanity: 'a copy of the network forgets, stage by stage…',
};

const SOON = 0.05; // of a test: before that, nobody knows how long it takes

/** @type {{ value: string, choose: (value: string) => void }} */
let branch;
let [watching, began] = [0, 0];
/** @type {string | null} the test that waits until it is known where to begin */
let waiting = null;
let [looking, touched] = [false, false];
/** @type {string | null} the block that the visitor did not choose */
let ours = null;

/** @param {string} name the gate that is tested */
export const chooseBranch = (name) => branch.choose(name);

export function mount() {
  branch = segmented('test-branch', 'spatial', () => {});
  for (const [button, name] of [
    ['test-run', 'evidence'],
    ['test-rank', 'rank'],
    ['test-sanity', 'sanity'],
  ]) {
    part(button).addEventListener('click', () => askTest(name));
  }
  part('test-stop').addEventListener('click', () => {
    waiting = null; // it would begin as soon as the one that runs has stopped
    server.stop(me).catch(() => say('The server does not answer; the test may still run.'));
  });
  onAnswer('evidence', (value) => {
    const read = (one) => ({ ...one, values: floats(one.values), scale: readScale(one.scale) });
    take({ curves: { ...value, maps: value.maps.map(read) } });
  });
  onAnswer('rank', (value) => {
    take({ rank: value });
    if (looking) beginWith(value);
  });
  for (const panel of ['evidence-panel', 'blockmap-panel']) {
    for (const name of ['change', 'click']) {
      part(panel).addEventListener(name, () => {
        touched = true;
      });
    }
  }
  onTab(lookWhereToBegin);
  onRefused(looked);
  onSettled(looked);
  onAnswer('sanity', (value) => take({ sanity: value }));
}

function take(more) {
  watchTest();
  takeFound(more);
  writeText();
}

// The first time that a visitor opens the tab on a photo: what depends on attention at all, rather than whatever is first
// in a list. What they chose themselves in the meantime stays.
function lookWhereToBegin() {
  const opened = tabs.current === 'evidence' && (!arrival.begun || arrival.ready);
  if (!opened || found.rank || !hasBlocks() || ![null, ours].includes(view.blockName) || running()) return;
  touched = false;
  looking = ask('begin', {}, TEST_WORDS.begin);
}

function looked() {
  looking = false;
  const name = waiting;
  waiting = null;
  if (name) askTest(name);
}

function beginWith({ target, effects }) {
  if (touched || waiting || !effects.length) return;
  part('target-choice').value = target.text;
  branch.choose(effects[0].branch);
  ours = effects[0].block;
  chooseBlock(view.result.blocks.findIndex(({ name }) => name === ours));
}

function askTest(name) {
  if (looking) {
    waiting = name; // it takes three seconds at most
    return;
  }
  const target = part('target-choice').value;
  const off = part('test-off').value;
  const request = {
    target,
    block: here(),
    branch: branch.value,
    off: off === 'mean' ? off : Number(off),
    seed: wholeNumber('test-seed'),
  };
  if (!target || !ask(name, request, TEST_WORDS[name])) return;
  began = performance.now();
  part('test-passes').textContent = '';
  watchTest();
}

async function watchTest() {
  clearTimeout(watching);
  const busy = requests.busy && element.isConnected;
  part('test-stop').hidden = !busy;
  part('test-progress').hidden = !busy;
  part('test-passes').hidden = !busy;
  if (!busy) return;
  const [done, total] = (await server.progress_of(me).catch(() => null)) ?? [0, 1];
  if (done < total) part('test-progress').value = done / total;
  else part('test-progress').removeAttribute('value'); // nobody counted
  showPasses(done, total);
  watching = setTimeout(watchTest, 300);
}

// How far it is, and about how long the rest takes at the speed so far.
function showPasses(done, total) {
  const seconds = (performance.now() - began) / 1000;
  const left = Math.max(1, Math.round((seconds * (total - done)) / done));
  const rest = done >= SOON * total && done < total ? `, about ${left} s left` : '';
  part('test-passes').textContent = done < total ? `${done} of about ${total} passes${rest}` : `${done} passes`;
}
