// What a network of somebody's own returns: one channel of one tensor, on its own cells, before and after.

import { moveByKeys, placeUnder } from '../frame/pointing.js';
import { ALL, cellAt, cellMap, cellPlace, drawLegend, paintCells } from '../lib/cells.js';
import { fillSelect, inkOf, make, part, segmented, wholeNumber } from '../lib/dom.js';
import { ends } from '../lib/numbers.js';
import { channelOf, counterpart, plainNumber } from '../lib/outputs.js';
import { table } from '../lib/tables.js';
import { compared, onCompared } from '../state/compared.js';
import { focus, onFocus, pointAt } from '../state/focus.js';
import { chooseChannel, chooseOutput, chosenOutput, explainCell, onOutput, output } from '../state/output.js';
import { onGates, secondResult } from '../state/showing.js';
import { tabs } from '../state/tabs.js';
import { onResult, view } from '../state/view.js';
import { showAsText, writeText } from '../text/text.js';

const TALLEST = 3; // times as high as wide
/** @type {{ maps: any[], values: Float32Array[], target: any }} */
const shown = { maps: [], values: [], target: null };

export function mount() {
  segmented('outputs-scale', 'own', drawOutputs);
  shown.maps = ['a', 'b', 'c'].map((name) => {
    const map = cellMap(part(`outputs-${name}`), name === 'c' ? 'Difference of the outputs' : 'Output of the network');
    listen(map);
    return map;
  });
  shown.target = make('span', { class: 'mark target', hidden: '' });
  part('outputs-a').append(shown.target);
  part('outputs-a').tabIndex = 0;
  part('outputs-which').addEventListener('change', () => chooseOutput(Number(part('outputs-which').value)));
  part('outputs-channel').addEventListener('change', () => chooseChannel(wholeNumber('outputs-channel')));
  part('outputs-target').addEventListener('click', () =>
    explain(wholeNumber('outputs-column'), wholeNumber('outputs-row')),
  );
  onResult(listOutputs);
  onOutput(drawOutputs);
  onGates(drawOutputs);
  onCompared(drawOutputs);
  onFocus(readOutputs);
  showAsText('look', outputTables);
}

// A click takes a cell as target; on maps that lie on the photo the pointer is seen everywhere, as on all others.
function listen(map) {
  const cell = (event) => {
    const place = placeUnder(map.host, event);
    return place && cellPlace(...cellAt(place, map.width, map.height), map.width, map.height);
  };
  map.host.addEventListener('pointermove', (event) => {
    const place = cell(event);
    if (chosenOutput()?.placed) pointAt(place);
    else readOutputs(place);
  });
  map.host.addEventListener('pointerleave', () => (chosenOutput()?.placed ? pointAt(null) : readOutputs(null)));
  map.host.addEventListener('click', (event) => {
    const place = cell(event);
    if (place) explain(...cellAt(place, map.width, map.height));
  });
  moveByKeys(map.host, () => [map.width, map.height]);
}

function explain(column, row) {
  const one = chosenOutput();
  if (!one) return;
  explainCell(Math.min(column, one.width - 1), Math.min(row, one.height - 1));
}

function listOutputs(result) {
  part('outputs-panel').hidden = result.outputs.length === 0;
  const words = ({ name, shape, dtype }) => `${name} (${shape.join(', ')}) ${dtype}`;
  fillSelect(
    part('outputs-which'),
    result.outputs.map((one, index) => [String(index), words(one)]),
  );
}

function drawOutputs() {
  const one = chosenOutput();
  if (!one || !view.result) return;
  const second = ['change', 'compare'].includes(tabs.current) ? secondResult() : null;
  const other = second && counterpart(one, second);
  part('outputs-which').value = String(output.index);
  Object.assign(part('outputs-channel'), { value: output.channel, max: one.sent - 1, disabled: one.sent < 2 });
  Object.assign(part('outputs-column'), { max: one.width - 1 });
  Object.assign(part('outputs-row'), { max: one.height - 1 });
  part('outputs-target').disabled = !one.explainable || one.sent === 0;
  part('outputs-words').textContent = wordsOf(one, second, other);
  for (const name of ['second', 'change']) part(`outputs-${name}`).hidden = !other;
  part('outputs-name-a').textContent = other ? names()[0] : `channel ${output.channel}, as returned`;
  part('outputs-name-b').textContent = names()[1];
  part('outputs-body').hidden = one.sent === 0;
  if (one.sent === 0) return;
  const sides = [one, other ?? one];
  shown.values = sides.map((side) => channelOf(side, output.channel));
  // One scale for both, the wider one: two pictures side by side are compared.
  const scales = sides.map((side) => (part('outputs-scale').value === 'own' ? side.own[output.channel] : side.shared));
  const scale = scales.toSorted((a, b) => b.high - b.low - (a.high - a.low))[0];
  const signed = other && second.change.outputs.find(({ name }) => name === one.name)?.scale;
  const { crop } = view.result;
  const aspect = one.placed
    ? `${crop.width} / ${crop.height}`
    : `${one.width} / ${Math.min(one.height, TALLEST * one.width)}`;
  shown.maps.forEach((map, i) => {
    map.size(one.width, one.height, one.row ? '12 / 1' : aspect);
    map.back.hidden = true;
    if (i < 2) paintCells(map.canvas, shown.values[i], one.width, one.height, scale, ALL);
    else if (signed) paintCells(map.canvas, difference(), one.width, one.height, signed, ALL);
    else inkOf(map.canvas).clearRect(0, 0, map.canvas.width, map.canvas.height);
  });
  for (const side of ['a', 'b']) drawLegend(part(`outputs-legend-${side}`), scale, ALL);
  if (signed) drawLegend(part('outputs-legend-c'), signed, ALL);
  else part('outputs-legend-c').replaceChildren(make('span', { class: 'label', text: 'no change' }));
  markTarget(one);
  readOutputs(focus.place);
  writeText();
}

const difference = () => shown.values[0].map((value, i) => shown.values[1][i] - value);

function names() {
  return tabs.current === 'change' ? ['untouched', 'edited'] : [view.result.model, compared.result?.model ?? ''];
}

function wordsOf(one, second, other) {
  const size = one.row ? `${one.width} numbers` : `${one.width} × ${one.height} cells`;
  const said = [
    `${one.channels} ${one.channels === 1 ? 'channel' : 'channels'}, ${size}, as the network returned them.`,
  ];
  if (!one.placed) {
    said.push('They are drawn as they lie in the tensor: nobody knows which place of the photo they belong to.');
  }
  if (one.sent < one.channels) said.push(`Here are the first ${one.sent} channels; the library has all.`);
  if (one.blank) said.push(`${one.blank} values are not finite and left blank.`);
  if (one.explainable) said.push('Click a cell to take it as the target of the tests under Evidence.');
  else said.push('Whole numbers have no gradient: they are no target of the tests.');
  if (second && !other) said.push(`${names()[1]} returns no tensor of this name and shape.`);
  const change = second?.change.outputs.find(({ name }) => name === one.name);
  if (change) said.unshift(`${change.words}.`);
  return said.join(' ');
}

function markTarget(one) {
  const { cell } = output;
  shown.target.hidden = !cell;
  if (!cell) return;
  Object.assign(part('outputs-column'), { value: cell.column });
  Object.assign(part('outputs-row'), { value: cell.row });
  Object.assign(shown.target.style, {
    left: `${(100 * cell.column) / one.width}%`,
    top: `${(100 * cell.row) / one.height}%`,
    width: `${100 / one.width}%`,
    height: `${100 / one.height}%`,
  });
}

function readOutputs(place) {
  const one = chosenOutput();
  if (!one || one.sent === 0 || part('outputs-panel').hidden) return;
  const here = part('outputs-here');
  for (const map of shown.maps) map.outline(place);
  here.classList.toggle('live', Boolean(place));
  if (!place) {
    const { cell } = output;
    here.textContent = cell ? `Target: cell ${cell.column}, ${cell.row}: ${valueAt(one, cell.column, cell.row)}` : '';
    return;
  }
  const [column, row] = cellAt(place, one.width, one.height);
  here.textContent = `cell ${column}, ${row} (x, y): ${valueAt(one, column, row)}`;
}

function valueAt(one, column, row) {
  const at = row * one.width + column;
  const [before, after] = shown.values.map((values) => plainNumber(values[at]));
  return part('outputs-second').hidden ? before : `${before} → ${after}`;
}

function outputTables(result) {
  if (!result.outputs.length) return [];
  const row = ({ name, shape, dtype, sent, all }) => [
    name,
    shape.join(' × '),
    dtype,
    ...(sent ? ends(all).map(plainNumber) : ['', '']),
  ];
  return [table('What the network returns', ['tensor', 'shape', 'kind', 'lowest', 'highest'], result.outputs.map(row))];
}
