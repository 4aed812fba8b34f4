// The signed change of every heatmap and of every class, side by side on one scale each: white is no change.

import { followPointer } from '../frame/pointing.js';
import { ALL, cellAt, cellMap, drawLegend, paintCells } from '../lib/cells.js';
import { make, part } from '../lib/dom.js';
import { ends, signedProbability } from '../lib/numbers.js';
import { view } from '../state/view.js';

/** @type {{ tiles: any[] }} */
const multiples = { tiles: [] };

/**
 * @param {any} after the second result
 * @param {(name: string) => void} open the picture of a tile
 */
export function drawMultiples(after, open) {
  const { result } = view;
  multiples.tiles = [];
  const change = after?.change;
  const joints = change?.heatmaps && result.pose && after.pose;
  const classes = change?.probabilities && result.segmentation && after.segmentation;
  part('multiples-joints').hidden = !joints;
  part('multiples-classes').hidden = !classes;
  if (joints) {
    const maps = result.pose.order.map((joint) =>
      multiple(
        `joint ${joint}`,
        result.pose.names[joint],
        result.pose,
        result.pose.maps[joint],
        after.pose.maps[joint],
        change.heatmaps,
        open,
      ),
    );
    part('multiples-joints-tiles').replaceChildren(...maps);
    drawLegend(part('multiples-joints-legend'), change.heatmaps, ALL);
  }
  if (classes) {
    const { width, height, names } = result.segmentation;
    const of = (side, k) => side.segmentation.probabilities.subarray(k * width * height, (k + 1) * width * height);
    part('multiples-classes-tiles').replaceChildren(
      ...names.map((name, k) =>
        multiple(`class ${k}`, name, result.segmentation, of(result, k), of(after, k), change.probabilities, open),
      ),
    );
    drawLegend(part('multiples-classes-legend'), change.probabilities, ALL);
  }
}

function multiple(value, name, { width, height }, before, after, scale, open) {
  const values = before.map((old, i) => after[i] - old);
  const host = make('span', { class: 'map' });
  const map = cellMap(host, null);
  map.size(width, height, `${view.result.crop.width} / ${view.result.crop.height}`);
  paintCells(map.canvas, values, width, height, scale, ALL);
  followPointer(
    host,
    () => [width, height],
    () => {},
  );
  const [low, high] = ends(values);
  const extreme = -low > high ? low : high;
  const numbers = make('span', { class: 'numbers' });
  const tile = make(
    'button',
    { type: 'button', class: 'tile', 'data-multiple': value },
    make('span', { class: 'name', text: name }),
    host,
    numbers,
  );
  tile.addEventListener('click', () => open(value));
  multiples.tiles.push({ value, name, values, width, height, map, numbers, tile, extreme });
  return tile;
}

/** @param {import('../lib/cells.js').Place | null} place */
export function readMultiples(place) {
  for (const { value, name, values, width, height, map, numbers, tile, extreme } of multiples.tiles) {
    map.outline(place);
    let here = null;
    if (place) {
      const [column, row] = cellAt(place, width, height);
      here = values[row * width + column];
    }
    numbers.textContent = signedProbability(here ?? extreme);
    numbers.classList.toggle('live', here !== null);
    tile.setAttribute('aria-pressed', part('pair-what').value === value);
    tile.setAttribute(
      'aria-label',
      `${name}: the cell that changes most changes by ${signedProbability(extreme)}. Show it larger.`,
    );
  }
}
