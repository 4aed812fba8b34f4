// The step that is open, worked out below its lane: its formula with numbers, its name, and its code.

import { make, part } from '../lib/dom.js';
import { mathOf } from '../lib/mathml.js';
import { reasonOf } from './reasons.js';
import { currentCell, innerOf, walk, walkChannel } from './steps.js';
import { workedOut } from './terms.js';

/** @param {import('./graph.js').StepNode[]} nodes of the graph */
export function drawDetail(nodes) {
  for (const { button, stage } of nodes) {
    const open = stage.key === walk.open;
    button.setAttribute('aria-expanded', open);
    button.classList.toggle('dim', walk.open !== null && !open);
  }
  const stage = walk.open && walk.value.of[walk.open];
  const lane_ = stage && ['channel', 'spatial'].find((branch) => stage.key.startsWith(`${branch}.`));
  for (const box of part('graph').querySelectorAll('.detail')) {
    const here_ = stage && box.dataset.detail === (lane_ ?? 'end');
    box.hidden = !here_;
    if (here_) box.replaceChildren(...detail(stage));
  }
}

function detail(stage) {
  const formed = stage.formed
    ? 'The forward pass computes this tensor.'
    : 'The forward pass never forms this tensor: it computes what follows from it directly, which is exact and cheaper. Here it is as printed.';
  return [
    make('p', { class: 'why-step', text: reasonOf(stage.key) }),
    make('p', { class: 'formula' }, mathOf(stage.term)),
    ...workedOut(stage, pointedAt(stage)).map((text) => make('p', { class: 'worked', text })),
    make('p', {
      class: 'readout',
      text: `${stage.path} · shape ${stage.shape.join(' × ')} (${[...stage.axes].join(', ')}) · ${stage.words}, sd ${stage.sd}. ${formed}`,
    }),
    make('pre', { class: 'code', text: stage.code }),
  ];
}

function pointedAt(stage) {
  const { of, weights, norm, layout, stages } = walk.value;
  return {
    of,
    weights,
    norm,
    layout,
    before: stages[stages.indexOf(stage) - 1],
    at: currentCell(),
    channel: walkChannel() % of.x.shape[0],
    inner: stage.axes[0] === 'c' ? innerOf(stage.shape[0]) : 0,
  };
}
