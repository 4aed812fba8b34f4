// What each step of the tour says, what it asks for, when that is done, and what then can be read off the visitor's own photo.
// `target` is the panel that is ringed, `right` says whether an answer that can be wrong is right, `begin` remembers how things were; `done` and `found` get that memory.

import { spatialAt } from '../lib/cells.js';
import { part } from '../lib/dom.js';
import { floats, spanOf, spanWords } from '../lib/numbers.js';
import { byName } from '../lib/results.js';
import { compared } from '../state/compared.js';
import { edits } from '../state/edits.js';
import { focus } from '../state/focus.js';
import { requests } from '../state/requests.js';
import { chosenBlock, view } from '../state/view.js';
import { showsTrained } from '../walk/formulas.js';
import { walk } from '../walk/steps.js';

/** @import { Change, Pose } from '../lib/results.js' */

/** What the edits changed; asked once there is an answer to them. */
const changeOfEdits = () => /** @type {Change} */ (edits.after?.change);
const furthest = (change) => change.joints.reduce((most, one) => (one.moved > most.moved ? one : most));
const mostChanged = (change) =>
  change.classes.reduce((most, one) => (one.lost + one.gained > most.lost + most.gained ? one : most));
const switchedOff = () => edits.list.findLast((edit) => edit.kind === 'switch-off' && edit.branch === 'spatial');
const settledEdit = () => Boolean(switchedOff()) && Boolean(edits.after) && !requests.edits && !edits.waiting;
const wordsOfOff = (edit) =>
  edit.to === 'mean' ? 'this image’s mean' : edit.to === 'data' ? 'the data set’s mean' : String(edit.to);

function effectWords() {
  const change = changeOfEdits();
  if (change.joints.length) {
    const most = furthest(change);
    return `${most.name} moves most, ${most.moved.toFixed(1)} px`;
  }
  const most = mostChanged(change);
  return `${most.name} changes most, its area by ${most.points}`;
}

function mostMoved() {
  const change = changeOfEdits();
  return (change.joints.length ? furthest(change) : mostChanged(change)).name;
}

function leastSure() {
  const { scores } = /** @type {Pose} */ (view.result.pose);
  return scores.indexOf(Math.min(...scores));
}

const spans = () => view.result.blocks.map((block) => spanOf(block.spatialGate));

// How many of the map's cells are at most as high as the one that is held, as a share.
function shareBelow() {
  const block = chosenBlock();
  const here = spatialAt(block, /** @type {import('../lib/cells.js').Place} */ (focus.heldPlace));
  return block.spatialGate.filter((value) => value <= here).length / block.spatialGate.length;
}

export const TOUR = [
  {
    title: 'What the network says',
    tab: 'look',
    text: 'Each small map belongs to one joint and holds the probability that the network gives to every cell. The score says how much of it lies in one place.',
    task: 'Which joint is the network least sure of? Click its heatmap.',
    needs: () => (view.result.pose ? '' : 'This model predicts no joints; choose one whose name begins with “person”.'),
    target: 'heatmaps-panel',
    right: () => view.joint === leastSure(),
    begin: () => view.joint,
    done: (before) => view.joint !== null && view.joint !== before,
    found: () => {
      const { names, scores } = /** @type {Pose} */ (view.result.pose);
      const joint = Number(view.joint);
      const least = leastSure();
      return `You chose ${names[joint]}, score ${scores[joint].toFixed(2)}. The lowest score has ${names[least]}: ${scores[least].toFixed(2)}.`;
    },
  },
  {
    title: 'Two gates in every block',
    tab: 'look',
    text: 'Every residual block multiplies its features by two gates of polarized self-attention. Each picture here is one block’s map; the number below it says how far the map’s values span.',
    task: 'Some maps use much of the range from 0 to 1, others less. Find the block whose map varies least, and click it.',
    target: 'blockmap-panel',
    right: () => spanOf(chosenBlock().spatialGate) === Math.min(...spans()),
    begin: () => view.block,
    done: (before) => view.block !== before,
    found: () => {
      const least = view.result.blocks[spans().indexOf(Math.min(...spans()))];
      return `The map of ${chosenBlock().name} runs from ${spanWords(chosenBlock().spatialGate)}. The flattest is that of ${least.name}: ${spanWords(least.spatialGate)}.`;
    },
  },
  {
    title: 'One weight a channel',
    tab: 'look',
    text: 'The channel-only gate gives up all of space to know about channels: one weight for each channel, the same in every cell of the photo.',
    task: 'Click a channel that this block holds back: a short bar.',
    target: 'channels-panel',
    right: () => chosenBlock().channelGate[Number(focus.heldChannel)] < chosenBlock().channelMean,
    begin: () => focus.heldChannel,
    done: (before) => focus.heldChannel !== null && focus.heldChannel !== before,
    found: () => {
      const gate = chosenBlock().channelGate;
      const channel = Number(focus.heldChannel);
      const below = gate.filter((value) => value < gate[channel]).length;
      return `Channel ${channel} gets ${gate[channel].toFixed(4)}, wherever in the photo. ${below} of ${gate.length} channels get less.`;
    },
  },
  {
    title: 'One number a cell',
    tab: 'look',
    text: 'The spatial-only gate does the opposite: it gives up all channels to keep every cell. Each number of the map multiplies all channels there.',
    task: 'Guess where the map is highest, on the person or beside, and click that cell.',
    target: 'spatial-panel',
    right: () => shareBelow() >= 0.9,
    begin: () => focus.heldPlace,
    done: (before) => focus.heldPlace !== null && focus.heldPlace !== before,
    found: () => {
      const block = chosenBlock();
      const here = spatialAt(block, /** @type {import('../lib/cells.js').Place} */ (focus.heldPlace));
      return `Your cell has ${here.toFixed(4)}: at least as high as ${(100 * shareBelow()).toFixed(0)}% of the cells. The map runs from ${spanWords(block.spatialGate)}.`;
    },
  },
  {
    title: 'A vivid picture is a choice',
    tab: 'look',
    text: 'Colours here run from 0 to 1, the whole range a gate can have. A plotting library, asked for nothing else, spreads them over whatever range there is (matplotlib’s imshow does).',
    target: 'spatial-panel',
    task: 'Press “stretched” above the map, and watch the legend. Which of the gate’s numbers changed?',
    begin: () => null,
    done: () => part('spatial-scale').value === 'stretched',
    found: () =>
      `None. The map still runs from ${spanWords(chosenBlock().spatialGate)}; the colours now cover only that. Two stretched maps cannot be compared.`,
  },
  {
    title: 'Where the range goes',
    tab: 'walk',
    text: 'Here the block is taken apart. Softmax raises contrast among many values that must add up to one; the sigmoid at the end squeezes whatever comes into 0 to 1.',
    target: 'walk-panel',
    task: 'Click any step to see it worked out with the numbers of your photo. Then compare the ranges before and after the sigmoid.',
    begin: () => null,
    done: () => walk.open !== null,
    found: () => {
      const { stages } = walk.value;
      const last = stages.findIndex((stage) => stage.key === 'spatial.gate');
      return `In the spatial branch, what runs from ${spanWords(stages[last - 1].values)} before the sigmoid runs from ${spanWords(stages[last].values)} after it.`;
    },
  },
  {
    title: 'Three formulas, one name',
    tab: 'walk',
    text: 'The paper and the code its authors published are not the same computation. Below the steps, this block’s own features go through each of them.',
    target: 'formulas-panel',
    task: 'Find “official code, parallel” and read the range of its map. Then press “models trained under each”: does training change it?',
    begin: () => null,
    done: () => showsTrained() && !requests.busy,
    found: () => {
      const row = walk.value.formulas.find((one) => one.formula === 'official' && one.layout === 'parallel');
      return row?.block
        ? `With these weights the official parallel map runs from ${spanWords(floats(row.block.spatial))}: it is the sigmoid of a softmax over all cells, so it cannot go below 0.5.`
        : 'The official parallel map is the sigmoid of a softmax over all cells, so it cannot go below 0.5.';
    },
  },
  {
    title: 'Predict, then change',
    tab: 'change',
    text: 'If attention matters, taking it away must show. First say what you expect; a prediction that can fail is worth more than a picture.',
    task: 'What will change most when the whole map of this block is switched off? Choose it, then press “Switch the whole gate off” under the spatial map.',
    target: 'spatial-panel',
    right: () => part('tour-guess').value === mostMoved(),
    guess: () => (view.result.pose ?? view.result.segmentation)?.names ?? [],
    begin: () => null,
    done: () => settledEdit() && Boolean(part('tour-guess').value),
    found: () => {
      const change = changeOfEdits();
      const mine = part('tour-guess').value;
      const own = change.joints.find((one) => one.name === mine);
      const yours = own ? `You said ${mine}, which moves ${own.moved.toFixed(1)} px.` : `You said ${mine}.`;
      return `${yours} With the map at ${wordsOfOff(switchedOff())}, ${effectWords()}.`;
    },
  },
  {
    title: 'Off is a choice',
    tab: 'change',
    text: () =>
      view.result.layout === 'parallel'
        ? 'Two gates that add have no neutral value each. A map of zeros leaves A_ch X, the features under the channel weights alone; a map of ones adds the features once more; the mean keeps the average amount.'
        : 'Two gates that multiply are neutral at one: the branch does nothing. A map of zeros lets nothing through; the mean keeps the average amount.',
    target: 'edits-panel',
    task: 'Press Reset, choose another meaning under “off means”, and switch the same gate off again.',
    begin: () => (settledEdit() ? { to: switchedOff()?.to, words: effectWords() } : null),
    done: (before) => settledEdit() && (before === null || switchedOff()?.to !== before.to),
    found: (before) => {
      const now = `With ${wordsOfOff(switchedOff())}, ${effectWords()}.`;
      return before ? `With ${wordsOfOff(before)}, ${before.words}. ${now} Same gate, another meaning of off.` : now;
    },
  },
  {
    title: 'Against chance',
    tab: 'compare',
    text: 'A network with random weights draws attention maps too, and some look convincing. Whatever you want to read out of a map has to differ from that.',
    target: 'compare-panel',
    task: 'Under “Compare with”, choose random weights and press Compare.',
    begin: () => null,
    done: () => compared.result !== null && compared.result.asked.seed !== null && !requests.busy,
    found: () => {
      const other = byName(compared.result?.blocks ?? [], chosenBlock().name);
      return `${chosenBlock().name}: its map runs from ${spanWords(chosenBlock().spatialGate)} as learned, from ${spanWords(other.spatialGate)} with random weights.`;
    },
  },
];
