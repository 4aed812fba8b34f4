// Every PSA block as a small picture of its map, in the order of the pass, with one number below. The one that is pointed
// at lies over the photo. After a ranking, frames are as wide as the measured effect; after an edit, the maps are edited.

import { ALL, drawLegend, paintCells, spatialAt } from '../lib/cells.js';
import { rgbOf } from '../lib/colour.js';
import { make, part, segmented } from '../lib/dom.js';
import { signed } from '../lib/numbers.js';
import { edits, reachOf } from '../state/edits.js';
import { focus, onFocus } from '../state/focus.js';
import { effectOf, found, mostEffect, onFound } from '../state/found.js';
import { lit, onLit } from '../state/lit.js';
import { live } from '../state/live.js';
import { peekAt } from '../state/peek.js';
import { blockAt, onGates } from '../state/showing.js';
import { tabs } from '../state/tabs.js';
import { chooseBlock, hasBlocks, onResult, view } from '../state/view.js';

const WIDEST = 7; // pixels of the frame of the block that matters most

/** @type {{ buttons: any[], painted: any[] }} */
const blockmap = { buttons: [], painted: [] };

export function mount() {
  segmented('map-scale', 'absolute', paintBlockMap);
  part('statistic').addEventListener('change', paintBlockMap);
  part('blockmap').addEventListener('keydown', moveChoice);
  onResult((result) => {
    if (!result.map) return;
    fillStatistics(result);
    drawBlockMap(result);
  });
  onGates(paintBlockMap);
  onFound(drawFrames);
  onLit(() => {
    for (const button of blockmap.buttons) button.classList.toggle('lit', lit.edit?.block === button.dataset.block);
  });
  onFocus((place) => readBlockMap(place));
}

function fillStatistics(result) {
  const select = part('statistic');
  if (select.options.length) return;
  select.append(...result.map.statistics.map(({ key, label }) => make('option', { value: key, text: label })));
}

function drawBlockMap(result) {
  const headings = result.map.groups.flatMap(({ text, count }) => [{ text, count }, ...Array(count - 1).fill(null)]);
  const { width, height } = result.crop;
  blockmap.painted = [];
  blockmap.buttons = result.blocks.map((block, i) => {
    const canvas = make('canvas', { 'aria-hidden': 'true', style: { aspectRatio: `${width} / ${height}` } });
    const button = make(
      'button',
      { type: 'button', role: 'radio', 'data-block': block.name },
      canvas,
      make('span', { class: 'value' }),
    );
    button.addEventListener('click', () => chooseBlock(i));
    for (const name of ['pointerenter', 'focus']) button.addEventListener(name, () => pointTo(i));
    for (const name of ['pointerleave', 'blur']) button.addEventListener(name, () => pointTo(null));
    return button;
  });
  part('blockmap').replaceChildren(
    ...blockmap.buttons.map((button, i) => make('div', { class: 'cell' }, ...heading(headings[i]), button)),
  );
  peekAt(null);
  drawFrames();
  paintBlockMap();
}

function heading(one) {
  if (!one) return [];
  const name = make('span', { class: 'stage-name', title: one.text, text: one.text });
  name.style.setProperty('--count', one.count);
  return [name];
}

function pointTo(block) {
  peekAt(block);
  readBlockMap(focus.place, block);
}

// Left and right in the order of the pass; up and down to the nearest one of the next line.
function moveChoice(event) {
  const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
  const down = { ArrowUp: -1, ArrowDown: 1 }[event.key];
  if (!step && !down) return;
  event.preventDefault();
  const next = step ? view.block + step : nearest(down);
  if (!blockmap.buttons[next]) return;
  chooseBlock(next);
  blockmap.buttons[next].focus();
}

function nearest(down) {
  const boxes = blockmap.buttons.map((button) => button.getBoundingClientRect());
  const from = boxes[view.block];
  const far = (box) => {
    const along = (box.bottom - from.bottom) * down;
    return along > 1 ? 9 * along + Math.abs(box.left - from.left) : Infinity;
  };
  const distances = boxes.map(far);
  const least = Math.min(...distances);
  return least === Infinity ? -1 : distances.indexOf(least);
}

const editing = () => tabs.current === 'change' && edits.after;

// The statistic that is chosen, of the gates as the open tab has them.
function chosenStatistic() {
  const statistics = view.result.map?.statistics ?? [];
  const one = statistics.find((statistic) => statistic.key === part('statistic').value) ?? statistics[0];
  const { statistic } = live;
  if (statistic && statistic.key === one.key) {
    const values = [...statistic.values];
    return { ...one, values, texts: values.map((value) => value.toFixed(3)) };
  }
  return editing() ? { ...one, ...edits.after?.statistics?.[one.key] } : one;
}

function paintBlockMap() {
  if (!hasBlocks()) return;
  const statistic = chosenStatistic();
  const scale = statistic[part('map-scale').value];
  blockmap.buttons.forEach((button, i) => {
    const block = blockAt(i);
    paintMap(button, i, block);
    const [red, green, blue] = rgbOf(scale, statistic.values[i]);
    const light = 0.2126 * red + 0.7152 * green + 0.0722 * blue > 110;
    const value = /** @type {HTMLElement} */ (button.lastElementChild);
    const reach = reachOf(block.name);
    value.textContent = statistic.texts[i];
    Object.assign(value.style, { background: `rgb(${red}, ${green}, ${blue})`, color: light ? '#000' : '#fff' });
    button.classList.toggle('beyond', reach === 'beyond reach');
    button.classList.toggle('changed', reach === 'edited');
    button.setAttribute(
      'aria-label',
      `${block.name}: ${statistic.label} ${statistic.texts[i]}${reach ? `, ${reach}` : ''}`,
    );
    button.setAttribute('aria-checked', String(i === view.block));
    button.tabIndex = i === view.block ? 0 : -1;
  });
  drawLegend(part('map-legend'), scale, ALL);
  readBlockMap(focus.place);
}

// Only where the map is another one: there can be a hundred of them, and a stroke asks for all at every step.
function paintMap(button, i, block) {
  if (blockmap.painted[i] === block.spatialGate) return;
  blockmap.painted[i] = block.spatialGate;
  paintCells(button.firstElementChild, block.spatialGate, block.width, block.height, view.result.gate, ALL);
}

function drawFrames() {
  const most = mostEffect();
  for (const button of blockmap.buttons) {
    const effect = effectOf(String(button.dataset.block));
    const width = effect && most ? (WIDEST * Math.abs(effect.lost)) / most : 0;
    button.style.setProperty('--frame', `${width.toFixed(1)}px`);
    button.classList.toggle('gains', effect !== null && effect.lost < 0);
    button.dataset.effect = effect ? String(effect.lost) : '';
  }
  if (hasBlocks()) readBlockMap(focus.place);
}

function effectWords(name) {
  if (!found.rank) return '';
  const effect = effectOf(name);
  if (!effect) return `; both gates flat, so not ranked for ${found.rank.target.name}`;
  return `; ${found.rank.target.name} without its ${effect.branch} pattern: ${signed(-effect.lost)} of probability`;
}

function readBlockMap(place, hovered = null) {
  if (!hasBlocks()) return;
  const { blocks } = view.result;
  const statistic = chosenStatistic();
  const words = part('map-words');
  words.classList.toggle('live', Boolean(place) || hovered !== null);
  if (hovered !== null) {
    const { name, size } = blocks[hovered];
    const reach = reachOf(name);
    words.textContent = `${name}: ${statistic.label} ${statistic.texts[hovered]}, ${size}${reach ? `; ${reach}` : ''}${effectWords(name)}`;
  } else if (place) {
    const here = blocks.map((_, i) => spatialAt(blockAt(i), place));
    words.textContent = `spatial gate here: ${Math.min(...here).toFixed(4)} to ${Math.max(...here).toFixed(4)} across the ${blocks.length} blocks`;
  } else if (editing()) {
    words.textContent = 'As edited. Underlined: edited blocks. Grey: what the edits cannot reach.';
  } else if (found.rank) {
    words.textContent = `Frames: how much ${found.rank.target.name} loses (blue) or gains (red) without a block’s pattern; the widest is ${signed(mostEffect())} of probability.`;
  } else {
    words.textContent = `${blocks.length} maps in the order of the pass, each drawn from 0 to 1. Point at one to lay it over the photo; click to choose it.`;
  }
}
