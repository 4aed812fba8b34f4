// One block as the paper prints it: both branches as a graph whose nodes are the tensors of this photo.

import { followPointer } from '../frame/pointing.js';
import { ALL, cellAt, cellMap, drawLegend, paintCells } from '../lib/cells.js';
import { paintVector } from '../lib/chart.js';
import { make, part } from '../lib/dom.js';
import { THIN, signed } from '../lib/numbers.js';
import { focus, onFocus, pointAtChannel } from '../state/focus.js';
import { onTab, tabs } from '../state/tabs.js';
import { hasBlocks, here, onBlock } from '../state/view.js';
import { drawDetail } from './detail.js';
import { onStep, onWalk, openStep, pointAtInner, slice, walk } from './steps.js';

const LANES = [
  ['channel', 'Channel-only branch: collapses space, keeps C/2 channels'],
  ['spatial', 'Spatial-only branch: collapses channels, keeps H × W'],
];

/** @import { Stage } from './steps.js' */

/**
 * A step, and where it is drawn; one with a single axis has no map.
 *
 * @typedef {{ stage: Stage, map: import('../lib/cells.js').CellMap | null, canvas: HTMLCanvasElement,
 *   button: any, reading: HTMLElement, legend: HTMLElement }} StepNode
 */

/** @type {StepNode[]} */
let nodes = [];

export function mount() {
  onWalk(drawWalk);
  onBlock(drawAgain);
  onTab(drawAgain);
  onStep(() => readWalk(focus.place));
  onFocus(readWalk);
}

function drawAgain() {
  if (hasBlocks() && walk.value?.block === here()) drawWalk();
}

// Top row: what is softmaxed; bottom row: the values; then both meet.
function lanesOf(branch) {
  const steps = walk.value.stages.filter((stage) => stage.key.startsWith(`${branch}.`));
  const at = steps.findIndex((stage) => stage.key.endsWith('.product'));
  const [before, after] = [steps.slice(0, at), steps.slice(at)];
  const bottom = before.filter(
    (stage) => stage.key.endsWith('.value') || (stage.key.endsWith('.softmax') && stage.axes === 'cHW'),
  );
  return { top: before.filter((stage) => !bottom.includes(stage)), bottom, after };
}

function drawWalk() {
  const { value } = walk;
  if (!value) part('graph').replaceChildren();
  if (!value || tabs.current !== 'walk') return;
  part('walk-name').textContent = value.block;
  part('walk-channel').max = value.of.x.shape[0] - 1;
  nodes = [];
  const sequential = value.layout === 'sequential';
  const lanes = LANES.map(([branch, title]) => {
    const { top, bottom, after } = lanesOf(branch);
    const width = Math.max(top.length, bottom.length);
    const from = branch === 'spatial' && sequential ? 'z' : 'x';
    const steps = [
      place(node(value.of[from], []), 1, '1 / span 2'),
      ...top.map((stage, i) => place(node(stage, [i ? top[i - 1] : value.of[from]]), i + 2, 1)),
      ...bottom.map((stage, i) => place(node(stage, [i ? bottom[i - 1] : value.of[from]]), i + 2, 2)),
      ...after.map((stage, i) =>
        place(node(stage, i ? [after[i - 1]] : [top.at(-1), bottom.at(-1)]), width + 2 + i, '1 / span 2'),
      ),
    ];
    return lane(title, steps, branch);
  });
  const gates = [value.of['channel.gate'], value.of['spatial.gate']];
  const end = sequential
    ? [node(value.of.z, [gates[0]]), node(value.of.y, [value.of.z, gates[1]])]
    : [node(value.of.gain, gates), node(value.of.y, [value.of.x, value.of.gain])];
  const title = sequential
    ? 'Together: one after the other, so the gates multiply'
    : 'Together: side by side, so the gates add';
  part('graph').replaceChildren(
    ...lanes,
    lane(
      title,
      end.map((one, i) => place(one, i + 1, 1)),
      'end',
    ),
  );
  paintWalk();
  readWalk(focus.place);
}

function place(element_, column, row) {
  Object.assign(element_.style, { gridColumn: column, gridRow: row });
  return element_;
}

function lane(title, steps, branch) {
  const detail = make('div', { class: 'detail', hidden: '', 'aria-live': 'polite', 'data-detail': branch });
  return make(
    'section',
    { class: 'lane', 'aria-label': title },
    make('h4', { text: title }),
    make('div', { class: 'scroll' }, make('div', { class: 'nodes' }, ...steps)),
    detail,
  );
}

const sizes = (stage) => stage.shape.join(THIN + '×' + THIN);

/**
 * A step: what comes in, with its shape, on the edge; the tensor, its scale in numbers, and its range below.
 *
 * @param {Stage} stage
 * @param {(Stage | undefined)[]} incoming
 */
function node(stage, incoming) {
  const flat = stage.axes.length > 1;
  const host = make('span', { class: 'map' });
  const map = flat ? cellMap(host, null) : null;
  const canvas = map?.canvas ?? make('canvas', { 'aria-hidden': 'true' });
  if (!map) host.append(canvas);
  const legend = make('span', { class: 'legend' });
  const reading = make('span', { class: 'numbers' });
  const button = make(
    'button',
    {
      type: 'button',
      class: 'node',
      'data-step': stage.key,
      'aria-expanded': 'false',
      'aria-label': `${stage.term}, shape ${stage.shape.join(' by ')}, ${stage.words}`,
    },
    make('span', { class: 'term', text: stage.term }),
    host,
    reading,
    legend,
  );
  if (map) {
    const [height, width] = stage.shape.slice(-2);
    map.size(width, height, `${width} / ${height}`);
    followPointer(
      host,
      () => [width, height],
      () => {},
    );
  } else {
    followBars(canvas, stage);
  }
  button.addEventListener('click', () => openStep(stage.key));
  const edge = make(
    'span',
    { class: 'edge', 'aria-hidden': 'true' },
    ...incoming.map((one) => make('span', { text: sizes(one) })),
    make('b', { text: incoming.length ? '→' : '' }),
  );
  nodes.push({ stage, map, canvas, button, reading, legend });
  return make('div', { class: 'step' }, edge, button);
}

function followBars(canvas, stage) {
  const under = (event) => {
    const box = canvas.getBoundingClientRect();
    return Math.min(
      stage.shape[0] - 1,
      Math.max(0, Math.floor(((event.clientX - box.left) / box.width) * stage.shape[0])),
    );
  };
  canvas.addEventListener('pointermove', (event) => {
    if (stage.axes === 'C') {
      pointAtChannel(under(event));
      return;
    }
    pointAtInner(under(event));
  });
  canvas.addEventListener('pointerleave', () => {
    if (stage.axes === 'C') pointAtChannel(null);
  });
}

function paintWalk() {
  for (const { stage, map, canvas, legend } of nodes) {
    if (map) {
      const [height, width] = stage.shape.slice(-2);
      paintCells(canvas, slice(stage).values, width, height, stage.scale, ALL);
    } else {
      paintVector(canvas, stage);
    }
    drawLegend(legend, stage.scale, ALL);
  }
}

function readWalk(at) {
  if (tabs.current !== 'walk' || !walk.value || !nodes.length) return;
  paintWalk();
  for (const { stage, map, reading } of nodes) {
    map?.outline(at);
    const found = valueAt(stage, at);
    reading.textContent =
      found === null
        ? `${stage.words}${stage.axes.length === 3 ? `; shown: channel ${slice(stage).index}` : ''}`
        : `here ${signed(found)}`;
    reading.classList.toggle('live', found !== null);
  }
  drawDetail(nodes);
}

// The value under the hover: a cell of a map, or a bar.
function valueAt(stage, at) {
  if (stage.axes.length === 1) {
    if (stage.axes === 'C') return focus.channel === null ? null : stage.values[focus.channel];
    return walk.inner === null ? null : stage.values[walk.inner % stage.shape[0]];
  }
  if (!at) return null;
  const [height, width] = stage.shape.slice(-2);
  const [column, row] = cellAt(at, width, height);
  return slice(stage).values[row * width + column];
}
