// Whether the attention explains a prediction: what is asked for, how far it is, and what came of it.

import { readScale } from '../lib/colour.js';
import { element, part, segmented, wholeNumber } from '../lib/dom.js';
import { floats } from '../lib/numbers.js';
import { onAnswer } from '../state/answers.js';
import { takeFound } from '../state/found.js';
import { ask, me, requests, say, server } from '../state/requests.js';
import { here } from '../state/view.js';
import { writeText } from '../text/text.js';

const TEST_WORDS = {
  evidence: 'the gate is taken away value by value…',
  rank: 'every gate that is not flat is set to its own mean in turn…',
  sanity: 'a copy of the network forgets, stage by stage…',
};

/** @type {any} */
let branch = null;
let [watching, began] = [0, 0];

/** @param {'spatial' | 'channel'} name the gate that is tested */
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
  part('test-stop').addEventListener('click', () =>
    server.stop(me).catch(() => say('The server does not answer; the test may still run.')),
  );
  onAnswer('evidence', (value) => {
    const read = (one) => ({ ...one, values: floats(one.values), scale: readScale(one.scale) });
    take({ curves: { ...value, maps: value.maps.map(read) } });
  });
  onAnswer('rank', (value) => take({ rank: value }));
  onAnswer('sanity', (value) => take({ sanity: value }));
}

function take(more) {
  watchTest();
  takeFound(more);
  writeText();
}

function askTest(name) {
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
  const running = requests.busy && element.isConnected;
  part('test-stop').hidden = !running;
  part('test-progress').hidden = !running;
  part('test-passes').hidden = !running;
  if (!running) return;
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
  const rest = done > 0 && done < total ? `, about ${left} s left` : '';
  part('test-passes').textContent = done < total ? `${done} of about ${total} passes${rest}` : `${done} passes`;
}
