// Two results of one crop and what changed between them: three pictures on the same scales, with one hover.

import { followPointer, outputCells } from '../frame/pointing.js';
import { ALL, byHeat, cellAt, cellMap, drawLegend, paintCells } from '../lib/cells.js';
import { fillSelect, inkOf, make, part } from '../lib/dom.js';
import { maskPixels, paintClasses } from '../lib/masks.js';
import { probability } from '../lib/numbers.js';
import { paintArrows, paintJoints } from '../lib/skeleton.js';
import { compared, onCompared } from '../state/compared.js';
import { focus, onFocus } from '../state/focus.js';
import { onGates, secondResult } from '../state/showing.js';
import { tabs } from '../state/tabs.js';
import { hasBlocks, here, onResult, view } from '../state/view.js';
import { drawMultiples, readMultiples } from './multiples.js';
import { drawPairTables } from './tables.js';

const PICTURE_OF_SPATIAL = 'spatial';
/** @import { CellMap } from '../lib/cells.js' */

/** @type {{ maps: CellMap[], drawn: number,
 *   values: { before: Float32Array, after: Float32Array, width: number, height: number } | null }} */
const pair = { maps: [], values: null, drawn: 0 };

export function mount() {
  const [a, b, c] = ['First result', 'Second result', 'Difference'];
  pair.maps = Object.entries({ a, b, c }).map(([name, label]) => {
    const map = cellMap(part(`pair-${name}`), label);
    followPointer(map.host, () => [map.width, map.height]);
    return map;
  });
  part('pair-what').addEventListener('change', drawPair);
  onResult(fillPictures);
  onGates(drawPair);
  onCompared(drawPair);
  onFocus(readPair);
}

function openPicture(name) {
  part('pair-what').value = name;
  drawPair();
}

// A network of somebody's own has gates here and its outputs in a panel of their own.
function hasPicture(after) {
  if (!view.result.outputs.length) return true;
  return hasBlocks() && (!after || after.blocks.some(({ name }) => name === here()));
}

function pairNames() {
  if (tabs.current === 'change') return ['untouched', 'edited'];
  return [view.result.model, compared.result ? compared.result.model : ''];
}

function fillPictures(result) {
  const select = part('pair-what');
  const options = [['mask', result.pose ? 'mask and joints' : 'mask']];
  if (!result.segmentation) options[0] = ['mask', 'joints'];
  if (result.outputs.length) options.length = 0; // own/outputs.js has its pictures
  if (result.pose) {
    result.pose.order.forEach((joint) => options.push([`joint ${joint}`, `heatmap: ${result.pose.names[joint]}`]));
  }
  if (result.segmentation) {
    result.segmentation.names.forEach((name, k) => options.push([`class ${k}`, `probability: ${name}`]));
  }
  if (result.blocks.length) options.push([PICTURE_OF_SPATIAL, 'spatial-only map of the chosen block']);
  fillSelect(select, options);
}

function drawPair() {
  const after = secondResult();
  const { result } = view;
  const comparing = tabs.current === 'compare';
  part('pair-panel').hidden = !result || (comparing && !after) || !hasPicture(after);
  if (part('pair-panel').hidden || !['change', 'compare'].includes(tabs.current)) return;
  const names = pairNames();
  part('pair-title').textContent = comparing ? `${names[0]} and ${names[1]}` : 'Untouched and edited';
  part('pair-badge').hidden = comparing || !after;
  part('pair-name-a').textContent = names[0];
  part('pair-name-b').textContent = names[1] + (comparing || after ? '' : ': no edits yet');
  part('pair-sentences').textContent = after
    ? after.change.sentences.join(' ')
    : 'Edit a gate, and both results and their difference stand here.';
  part('pair-body').classList.toggle('alone', !after);
  drawPairTables(after, openPicture);
  drawMultiples(after, openPicture);
  for (const map of pair.maps) map.back.src = result.crop.src;
  drawPicture(result, after ?? result);
}

async function drawPicture(result, after) {
  const what = part('pair-what').value;
  const [kind, index] = [what.split(' ')[0], Number(what.split(' ')[1])];
  pair.values = null;
  pair.drawn += 1;
  const sides = [result, after];
  if (kind === 'joint' && after.pose) {
    const { width, height } = result.pose;
    const shared = [result, after].map((side) => side.pose.own[index]).sort((a, b) => b.high - a.high)[0]; // one scale for both
    drawValues(
      sides.map((side) => side.pose.maps[index]),
      width,
      height,
      shared,
      after.change?.heatmaps,
      byHeat,
    );
  } else if (kind === 'class' && after.segmentation) {
    const { width, height } = result.segmentation;
    const size = width * height;
    const maps = sides.map((side) => side.segmentation.probabilities.subarray(index * size, (index + 1) * size));
    drawValues(maps, width, height, result.segmentation.scale, after.change?.probabilities, byHeat);
  } else if (kind === PICTURE_OF_SPATIAL) {
    const blocks = sides.map((side) => side.blocks.find((block) => block.name === here()));
    if (blocks.every(Boolean)) {
      const [{ width, height }] = blocks;
      drawValues(
        blocks.map((block) => block.spatialGate),
        width,
        height,
        result.gate,
        after.change?.gates[here()]?.spatial,
        ALL,
      );
    } else {
      blankPicture(`${pairNames()[1]} has no such gate`);
    }
  } else {
    await drawMasks(result, after, pair.drawn);
  }
  nameFigures();
  readPair(focus.place);
}

// Change on a diverging scale centred on 0; without a scale nothing changed, and it is all white.
function drawValues(values, width, height, scale, signed, cover) {
  const change = values[0].map((value, i) => values[1][i] - value);
  pair.values = { before: values[0], after: values[1], width, height };
  pair.maps.forEach((map, i) => {
    map.size(width, height, `${view.result.crop.width} / ${view.result.crop.height}`);
    map.back.hidden = cover === ALL || i === 2;
    map.host.classList.toggle('over', cover !== ALL && i < 2);
    if (i < 2) paintCells(map.canvas, values[i], width, height, scale, cover);
    else if (signed) paintCells(map.canvas, change, width, height, signed, ALL);
    else inkOf(map.canvas).clearRect(0, 0, map.canvas.width, map.canvas.height);
  });
  for (const side of ['a', 'b']) {
    drawLegend(part(`pair-legend-${side}`), scale, cover);
    part(`pair-legend-${side}`).classList.toggle('over', cover !== ALL);
  }
  if (signed) drawLegend(part('pair-legend-c'), signed, ALL);
  else part('pair-legend-c').replaceChildren(make('span', { class: 'label', text: 'no change' }));
}

function blankPicture(text) {
  for (const map of pair.maps) inkOf(map.canvas).clearRect(0, 0, map.canvas.width, map.canvas.height);
  for (const side of ['a', 'b', 'c']) {
    part(`pair-legend-${side}`).replaceChildren(make('span', { class: 'label', text }));
  }
}

async function drawMasks(result, after, number) {
  const [width, height] = outputCells();
  const sides = [result, after];
  const pixels =
    result.segmentation && after.segmentation
      ? await Promise.all(sides.map((side) => maskPixels(side.segmentation.mask)))
      : null;
  if (number !== pair.drawn) return; // another picture was asked for in the meantime
  pair.maps.forEach((map, i) => {
    map.size(width, height, `${result.crop.width} / ${result.crop.height}`);
    map.back.hidden = false;
    map.host.classList.toggle('over', i === 2);
    const side = sides[Math.min(i, 1)];
    if (pixels) {
      const changed = {
        shown: side.segmentation.names.map(() => true),
        keep: (at) => pixels[0].labels[at] !== pixels[1].labels[at],
        cover: 255,
      };
      paintClasses(map.canvas, pixels[Math.min(i, 1)], side.segmentation, i === 2 ? changed : {});
    } else {
      Object.assign(map.canvas, { width: 384, height: Math.round((384 * height) / width) });
    }
    if (i < 2 && side.pose) paintJoints(map.canvas, side.pose, result.crop.box);
    if (i === 2 && result.pose && after.pose) paintArrows(map.canvas, result.pose, after.pose, result.crop.box);
  });
  for (const side of ['a', 'b']) part(`pair-legend-${side}`).replaceChildren();
  part('pair-legend-c').replaceChildren(
    make('span', {
      class: 'label',
      text: `pixels that change, in their new class${result.pose ? '; arrows: joints that move' : ''}`,
    }),
  );
}

function nameFigures() {
  const what = part('pair-what').selectedOptions[0]?.textContent ?? '';
  const names = pairNames();
  const sentence = part('pair-sentences').textContent;
  [`${names[0]}, ${what}`, `${names[1]}, ${what}`, `Difference, ${what}. ${sentence}`].forEach((text, i) =>
    pair.maps[i].canvas.setAttribute('aria-label', text),
  );
}

function readPair(place) {
  if (!['change', 'compare'].includes(tabs.current) || part('pair-panel').hidden) return;
  for (const map of pair.maps) map.outline(place);
  readMultiples(place);
  const words = part('pair-here');
  words.classList.toggle('live', Boolean(place && pair.values));
  if (!place || !pair.values) {
    words.textContent = '';
    return;
  }
  const { before, after, width, height } = pair.values;
  const [column, row] = cellAt(place, width, height);
  const [a, b] = [before[row * width + column], after[row * width + column]];
  const change = b - a;
  words.textContent = `cell ${column}, ${row}: ${probability(a)} → ${probability(b)} (${change < 0 ? '\u2212' : '+'}${probability(Math.abs(change))})`;
}
