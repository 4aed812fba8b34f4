// One block as the paper prints it: both branches as a graph whose nodes are the tensors of this photo.

const walk = { value: null, block: null, inFlight: false, nodes: [], open: null, inner: null };
const LANES = [['channel', 'Channel-only branch: collapses space, keeps C/2 channels'], ['spatial', 'Spatial-only branch: collapses channels, keeps H × W']];

function askWalk() {
  if (!view.result?.blocks.length) return;
  if (walk.value && walk.value.block === here()) { drawWalk(); return; }
  if (running() || address.todo.length || walk.refused === here()) return; // what is on its way asks again at its end
  walk.inFlight = true;
  const name = view.result.blocks[view.block].name;
  part('walk-name').textContent = name;
  part('walk-state').textContent = 'the network is computing the steps of this block…';
  trigger('walk', { block: name });
  poll();
}

function answeredWalk(value) {
  const stages = value.stages.map((stage) => ({ ...stage, values: floats(stage.values), scale: readScale(stage.scale) }));
  const weights = Object.fromEntries(Object.entries(value.weights).map(([key, one]) => [key, { ...one, values: floats(one.values) }]));
  const norm = value.norm && { ...value.norm, gain: floats(value.norm.gain), offset: floats(value.norm.offset) };
  walk.value = { ...value, weights, norm, of: Object.fromEntries(stages.map((stage) => [stage.key, stage])), stages };
  walk.inFlight = false;
  part('walk-state').textContent = '';
  if (value.block !== here()) return;
  drawWalk();
  drawFormulas(value.formulas);
  writeText();
}

function forgetWalk() {
  Object.assign(walk, { value: null, inFlight: false, open: null, refused: null });
  part('graph').replaceChildren();
  part('formulas').replaceChildren();
}

// Top row: what is softmaxed; bottom row: the values; then both meet.
function lanesOf(branch) {
  const steps = walk.value.stages.filter((stage) => stage.key.startsWith(`${branch}.`));
  const at = steps.findIndex((stage) => stage.key.endsWith('.product'));
  const [before, after] = [steps.slice(0, at), steps.slice(at)];
  const bottom = before.filter((stage) => stage.key.endsWith('.value') || (stage.key.endsWith('.softmax') && stage.axes === 'cHW'));
  return { top: before.filter((stage) => !bottom.includes(stage)), bottom, after };
}

function drawWalk() {
  const { value } = walk;
  if (!value || view.tab !== 'walk') return;
  part('walk-name').textContent = value.block;
  part('walk-channel').max = value.of.x.shape[0] - 1;
  walk.nodes = [];
  const sequential = value.layout === 'sequential';
  const lanes = LANES.map(([branch, title]) => {
    const { top, bottom, after } = lanesOf(branch);
    const width = Math.max(top.length, bottom.length);
    const from = branch === 'spatial' && sequential ? 'z' : 'x';
    const nodes = [
      place(node(value.of[from], []), 1, '1 / span 2'),
      ...top.map((stage, i) => place(node(stage, [i ? top[i - 1] : value.of[from]]), i + 2, 1)),
      ...bottom.map((stage, i) => place(node(stage, [i ? bottom[i - 1] : value.of[from]]), i + 2, 2)),
      ...after.map((stage, i) => place(node(stage, i ? [after[i - 1]] : [top.at(-1), bottom.at(-1)]), width + 2 + i, '1 / span 2')),
    ];
    return lane(title, nodes, branch);
  });
  const gates = [value.of['channel.gate'], value.of['spatial.gate']];
  const end = sequential ? [node(value.of.z, [gates[0]]), node(value.of.y, [value.of.z, gates[1]])] : [node(value.of.gain, gates), node(value.of.y, [value.of.x, value.of.gain])];
  const title = sequential ? 'Together: one after the other, so the gates multiply' : 'Together: side by side, so the gates add';
  part('graph').replaceChildren(...lanes, lane(title, end.map((one, i) => place(one, i + 1, 1)), 'end'));
  paintWalk();
  readWalk(focus.place, focus.channel);
}

function place(element_, column, row) {
  Object.assign(element_.style, { gridColumn: column, gridRow: row });
  return element_;
}

function lane(title, nodes, branch) {
  const detail = make('div', { class: 'detail', hidden: '', 'aria-live': 'polite', 'data-detail': branch });
  return make('section', { class: 'lane', 'aria-label': title }, make('h4', { text: title }), make('div', { class: 'scroll' }, make('div', { class: 'nodes' }, ...nodes)), detail);
}

const sizes = (stage) => stage.shape.join(THIN + '×' + THIN);

// A step: what comes in, with its shape, on the edge; the tensor, its scale in numbers, and its range below.
function node(stage, incoming) {
  const flat = stage.axes.length > 1;
  const host = make('span', { class: 'map' });
  const map = flat ? cellMap(host, null) : null;
  const canvas = flat ? map.canvas : make('canvas', { 'aria-hidden': 'true' });
  if (!flat) host.append(canvas);
  const legend = make('span', { class: 'legend' });
  const reading = make('span', { class: 'numbers' });
  const button = make('button', { type: 'button', class: 'node', 'data-step': stage.key, 'aria-expanded': 'false', 'aria-label': `${stage.term}, shape ${stage.shape.join(' by ')}, ${stage.words}` },
    make('span', { class: 'term', text: stage.term }), host, reading, legend);
  if (flat) {
    const [height, width] = stage.shape.slice(-2);
    map.size(width, height, `${width} / ${height}`);
    followPointer(host, () => [width, height], () => {});
  } else { followBars(canvas, stage); }
  button.addEventListener('click', () => openStep(stage.key));
  const edge = make('span', { class: 'edge', 'aria-hidden': 'true' }, ...incoming.map((one) => make('span', { text: sizes(one) })), make('b', { text: incoming.length ? '→' : '' }));
  walk.nodes.push({ stage, map, canvas, button, reading, legend });
  return make('div', { class: 'step' }, edge, button);
}

function followBars(canvas, stage) {
  const under = (event) => {
    const box = canvas.getBoundingClientRect();
    return Math.min(stage.shape[0] - 1, Math.max(0, Math.floor(((event.clientX - box.left) / box.width) * stage.shape[0])));
  };
  canvas.addEventListener('pointermove', (event) => {
    if (stage.axes === 'C') { pointAtChannel(under(event)); return; }
    walk.inner = under(event);
    readWalk(focus.place, focus.channel);
  });
  canvas.addEventListener('pointerleave', () => { if (stage.axes === 'C') pointAtChannel(null); });
}

function walkChannel() {
  return focus.channel ?? Math.max(0, Math.round(Number(part('walk-channel').value) || 0));
}

// The map of a tensor with several channels is that of one of them, and says of which.
function slice(stage) {
  const [height, width] = stage.shape.slice(-2);
  if (stage.axes.length === 2) return { values: stage.values, index: null };
  const index = stage.axes[0] === 'C' ? walkChannel() % stage.shape[0] : innerOf(stage.shape[0]);
  return { values: stage.values.subarray(index * height * width, (index + 1) * height * width), index };
}

function innerOf(count) {
  return (walk.inner ?? walkChannel()) % count;
}

function paintWalk() {
  for (const { stage, map, canvas, legend } of walk.nodes) {
    if (map) {
      const [height, width] = stage.shape.slice(-2);
      paintCells(canvas, slice(stage).values, width, height, stage.scale, ALL);
    } else { paintVector(canvas, stage); }
    drawLegend(legend, stage.scale, ALL);
  }
}

function paintVector(canvas, { values, scale }) {
  canvas.width = 2 * values.length;
  canvas.height = 96;
  const ink = canvas.getContext('2d');
  const span = scale.high - scale.low || 1;
  const y = (value) => 96 * (1 - (value - scale.low) / span);
  const zero = scale.low < 0 ? y(0) : 96;
  values.forEach((value, i) => {
    ink.fillStyle = colourOf(scale, value);
    ink.fillRect(2 * i, Math.min(zero, y(value)), 1.6, Math.max(1, Math.abs(zero - y(value))));
  });
  ink.fillStyle = 'rgb(128 128 128 / 0.6)';
  ink.fillRect(0, Math.min(95, zero), canvas.width, 1);
  for (const mark of scale.ticks.slice(1, -1)) ink.fillRect(0, y(mark), canvas.width, 1);
}

function readWalk(at, channel) {
  if (view.tab !== 'walk' || !walk.value || !walk.nodes.length) return;
  paintWalk();
  for (const { stage, map, reading } of walk.nodes) {
    map?.outline(at);
    const found = valueAt(stage, at);
    reading.textContent = found === null ? `${stage.words}${stage.axes.length === 3 ? `; shown: channel ${slice(stage).index}` : ''}` : `here ${signed(found)}`;
    reading.classList.toggle('live', found !== null);
  }
  drawDetail();
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

function openStep(key) {
  walk.open = walk.open === key ? null : key;
  drawDetail();
}

part('walk-channel').addEventListener('input', () => { walk.inner = null; readWalk(focus.place, focus.channel); });
