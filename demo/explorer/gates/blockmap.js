// Every PSA block as one button: stages from left to right, branches below one another.

import { ALL, drawLegend, spatialAt } from '../lib/cells.js';
import { colourIndex } from '../lib/colour.js';
import { make, part, segmented } from '../lib/dom.js';
import { reachOf } from '../state/edits.js';
import { focus, onFocus } from '../state/focus.js';
import { lit, onLit } from '../state/lit.js';
import { onGates } from '../state/showing.js';
import { chooseBlock, hasBlocks, onResult, view } from '../state/view.js';

/** @type {{ buttons: any[] }} */
const blockmap = { buttons: [] };

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
  const grid = part('blockmap');
  const { columns, rows, cells } = result.map;
  const count = columns.reduce((sum, column) => sum + column.span, 0);
  grid.style.setProperty('--columns', count);
  const nodes = [make('span', { class: 'corner' })];
  let start = 2;
  for (const column of columns) {
    nodes.push(
      make('span', {
        class: 'stage-name',
        text: column.text,
        style: { gridColumn: `${start} / span ${column.span}`, gridRow: 1 },
      }),
    );
    start += column.span;
  }
  rows.forEach((text, row) =>
    nodes.push(make('span', { class: 'row-name', text, style: { gridColumn: 1, gridRow: row + 2 } })),
  );
  const starts = new Set();
  columns.reduce((at, column) => {
    starts.add(at);
    return at + column.span;
  }, 0);
  blockmap.buttons = result.blocks.map((block, i) => {
    const [row, column] = cells[i];
    const button = make('button', {
      type: 'button',
      role: 'radio',
      'data-block': block.name,
      class: starts.has(column) ? 'first' : null,
      style: { gridColumn: column + 2, gridRow: row + 2 },
    });
    button.addEventListener('click', () => chooseBlock(i));
    button.addEventListener('pointerenter', () => readBlockMap(focus.place, i));
    button.addEventListener('pointerleave', () => readBlockMap(focus.place));
    button.addEventListener('focus', () => readBlockMap(focus.place, i));
    button.addEventListener('blur', () => readBlockMap(focus.place));
    return button;
  });
  grid.replaceChildren(...nodes, ...blockmap.buttons);
  paintBlockMap();
}

// Arrow keys move to the nearest block in that direction, and choose it.
function moveChoice(event) {
  const [down, across] =
    { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[event.key] ?? [];
  if (down === undefined) return;
  event.preventDefault();
  const { cells } = view.result.map;
  const [row, column] = cells[view.block];
  const far = (cell) => {
    const [dy, dx] = [cell[0] - row, cell[1] - column];
    const along = down ? dy * down : dx * across;
    const aside = Math.abs(down ? dx : dy);
    return along > 0 ? along + 3 * aside : Infinity;
  };
  const distances = cells.map(far);
  const nearest = distances.indexOf(Math.min(...distances));
  if (distances[nearest] === Infinity) return;
  chooseBlock(nearest);
  blockmap.buttons[nearest].focus();
}

function chosenStatistic() {
  return view.result.map.statistics.find((statistic) => statistic.key === part('statistic').value);
}

function paintBlockMap() {
  if (!hasBlocks()) return;
  const statistic = chosenStatistic();
  const scale = statistic[part('map-scale').value];
  blockmap.buttons.forEach((button, i) => {
    const row = 3 * colourIndex(scale, statistic.values[i]);
    const [red, green, blue] = scale.table.subarray(row, row + 3);
    const light = 0.2126 * red + 0.7152 * green + 0.0722 * blue > 110;
    button.textContent = statistic.texts[i];
    Object.assign(button.style, { background: `rgb(${red}, ${green}, ${blue})`, color: light ? '#000' : '#fff' });
    const reach = reachOf(view.result.blocks[i].name);
    button.classList.toggle('beyond', reach === 'beyond reach');
    button.classList.toggle('changed', reach === 'edited');
    button.setAttribute(
      'aria-label',
      `${view.result.blocks[i].name}: ${statistic.label} ${statistic.texts[i]}${reach ? `, ${reach}` : ''}`,
    );
    button.setAttribute('aria-checked', i === view.block);
    button.tabIndex = i === view.block ? 0 : -1;
  });
  drawLegend(part('map-legend'), scale, ALL);
  readBlockMap(focus.place);
}

function readBlockMap(place, hovered = null) {
  if (!hasBlocks()) return;
  const { blocks } = view.result;
  const statistic = chosenStatistic();
  const words = part('map-words');
  words.classList.toggle('live', Boolean(place) || hovered !== null);
  if (hovered !== null) {
    const reach = reachOf(blocks[hovered].name);
    words.textContent = `${blocks[hovered].name}: ${statistic.label} ${statistic.texts[hovered]}, ${blocks[hovered].size}${reach ? `; ${reach}` : ''}`;
  } else if (place) {
    const here = blocks.map((block) => spatialAt(block, place));
    words.textContent = `spatial gate here: ${Math.min(...here).toFixed(4)} to ${Math.max(...here).toFixed(4)} across the ${blocks.length} blocks`;
  } else {
    words.textContent = `${blocks.length} blocks, in each its ${statistic.label}. Click one, or move with the arrow keys.`;
  }
}
