// The signed change of every heatmap and of every class, side by side on one scale each: white is no change.

import { followPointer } from '../frame/pointing.js';
import { ALL, cellAt, cellMap, drawLegend, paintCells } from '../lib/cells.js';
import { make, part } from '../lib/dom.js';
import { ends, signedProbability } from '../lib/numbers.js';
import { view } from '../state/view.js';

/** @import { CellMap } from '../lib/cells.js' */
/** @import { Second } from '../lib/results.js' */

/** @type {{ tiles: { value: string, name: string, values: Float32Array, width: number, height: number, map: CellMap,
 *   numbers: HTMLElement, tile: any, extreme: number }[] }} */
const multiples = { tiles: [] };

/**
 * @param {Second | null} after the second result
 * @param {(name: string) => void} open the picture of a tile
 */
export function drawMultiples(after, open) {
  const { result } = view;
  multiples.tiles = [];
  const joints = result.pose && after?.pose && after.change.heatmaps;
  const classes = result.segmentation && after?.segmentation && after.change.probabilities;
  part('multiples-joints').hidden = !joints;
  part('multiples-classes').hidden = !classes;
  if (joints) drawJoints(result.pose, after.pose, joints, open);
  if (classes) drawClasses(result.segmentation, after.segmentation, classes, open);
}

function drawJoints(before, after, scale, open) {
  const tiles = before.order.map((joint) =>
    multiple(`joint ${joint}`, before.names[joint], before, before.maps[joint], after.maps[joint], scale, open),
  );
  part('multiples-joints-tiles').replaceChildren(...tiles);
  drawLegend(part('multiples-joints-legend'), scale, ALL);
}

function drawClasses(before, after, scale, open) {
  const size = before.width * before.height;
  const of = (side, k) => side.probabilities.subarray(k * size, (k + 1) * size);
  const tiles = before.names.map((name, k) =>
    multiple(`class ${k}`, name, before, of(before, k), of(after, k), scale, open),
  );
  part('multiples-classes-tiles').replaceChildren(...tiles);
  drawLegend(part('multiples-classes-legend'), scale, ALL);
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
    /** @type {number | null} */
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
