// Maps of native cells: one canvas pixel is one cell, enlarged without smoothing by the style sheet.

import { colourIndex } from './colour.js';
import { inkOf, make } from './dom.js';
import { THIN } from './numbers.js';

// How see-through a cell is where the crop shows through. Low heat lets the crop show, high heat covers it.
export const byHeat = (index) => Math.sqrt(index / 255);
export const ALL = () => 1;
export const HALF = () => 0.6;

// The 256 colours of a scale as pixels, made once for each way of covering.
function inks(scale, cover) {
  scale.inks ??= new Map();
  if (!scale.inks.has(cover)) {
    const made = new Uint8ClampedArray(4 * 256);
    for (let index = 0; index < 256; index += 1) {
      made.set([...scale.table.subarray(3 * index, 3 * index + 3), 255 * cover(index)], 4 * index);
    }
    scale.inks.set(cover, new Uint32Array(made.buffer));
  }
  return scale.inks.get(cover);
}

export function paintCells(canvas, values, width, height, scale, cover) {
  canvas.width = width;
  canvas.height = height;
  const image = new ImageData(width, height);
  const [pixels, colours] = [new Uint32Array(image.data.buffer), inks(scale, cover)];
  for (let cell = 0; cell < width * height; cell += 1) pixels[cell] = colours[colourIndex(scale, values[cell])];
  inkOf(canvas).putImageData(image, 0, 0);
}

// A legend of the same scale, painted by the same rule as the picture. Constant scales have one colour and one number.
export function drawLegend(host, scale, cover) {
  const strip = document.createElement('canvas');
  strip.setAttribute('aria-hidden', 'true');
  const tall = host.classList.contains('tall');
  strip.width = tall ? 1 : 256;
  strip.height = tall ? 256 : 1;
  const image = new ImageData(strip.width, strip.height);
  new Uint32Array(image.data.buffer).set(tall ? inks(scale, cover).toReversed() : inks(scale, cover));
  inkOf(strip).putImageData(image, 0, 0);
  const span = scale.high - scale.low || 1;
  const ticks = scale.ticks.map((tick, i) => {
    const at = scale.constant ? 50 : (100 * (tick - scale.low)) / span;
    const edge = at === 0 ? 'low' : at === 100 ? 'high' : 'between';
    const place = tall ? { bottom: `${at}%` } : { left: `${at}%` };
    return make('span', { class: `tick ${edge}`, style: place, text: scale.tickLabels[i] });
  });
  const bar = make('div', { class: 'bar' }, strip, ...ticks);
  host.replaceChildren(bar, make('span', { class: 'label', text: scale.label }));
  host.setAttribute('title', scale.legend);
  host.dataset.low = scale.low;
  host.dataset.high = scale.high;
}

/**
 * @typedef {object} CellMap
 * @property {HTMLElement} host
 * @property {HTMLImageElement} back
 * @property {HTMLCanvasElement} canvas
 * @property {number} width
 * @property {number} height
 * @property {(width: number, height: number, aspect: string) => void} size in cells, and the shape on the page as CSS
 *   writes it
 * @property {(place: Place | null) => void} outline
 */

/**
 * The crop, a canvas of cells over it, and the outline of one cell. Without a label, what it lies in has one.
 *
 * @param {HTMLElement} host
 * @param {string | null} label
 * @returns {CellMap}
 */
export function cellMap(host, label) {
  const back = make('img', { alt: '', draggable: 'false' });
  const canvas = make('canvas', label ? { role: 'img', 'aria-label': label } : { 'aria-hidden': 'true' });
  const mark = make('span', { class: 'mark', hidden: '' });
  host.replaceChildren(back, canvas, mark);
  if (label && host.tabIndex >= 0) host.setAttribute('aria-label', `${label}: arrow keys move from cell to cell`);
  const map = {
    host,
    back,
    canvas,
    width: 1,
    height: 1,
    size(width, height, aspect) {
      Object.assign(map, { width, height });
      host.style.aspectRatio = aspect;
    },
    outline(place) {
      mark.hidden = !place;
      if (!place) return;
      const { width, height } = map;
      const [column, row] = cellAt(place, width, height);
      Object.assign(mark.style, {
        left: `${(100 * column) / width}%`,
        top: `${(100 * row) / height}%`,
        width: `${100 / width}%`,
        height: `${100 / height}%`,
      });
    },
  };
  return map;
}

/**
 * A place in the crop, in parts of it, and the size of the cell that was pointed at.
 *
 * @typedef {{ u: number, v: number, du?: number, dv?: number }} Place
 */

/**
 * Column and row of the cell that holds a place.
 *
 * @param {Place} place
 * @param {number} width in cells
 * @param {number} height in cells
 * @returns {[number, number]}
 */
export function cellAt(place, width, height) {
  const clamp = (part, cells) => Math.min(cells - 1, Math.max(0, Math.floor(part * cells)));
  return [clamp(place.u, width), clamp(place.v, height)];
}

/**
 * @param {number} column
 * @param {number} row
 * @param {number} width
 * @param {number} height
 */
export function cellPlace(column, row, width, height) {
  return { u: (column + 0.5) / width, v: (row + 0.5) / height, du: 1 / width, dv: 1 / height };
}

/**
 * @param {Place} place
 * @param {{ width: number, height: number }} size
 */
export function cellName(place, size) {
  const [column, row] = cellAt(place, size.width, size.height);
  return `cell ${column}, ${row} (x, y) of ${size.width}${THIN}×${THIN}${size.height}`;
}

/**
 * @param {{ width: number, height: number, spatialGate: Float32Array }} block
 * @param {Place} place
 */
export function spatialAt(block, place) {
  const [column, row] = cellAt(place, block.width, block.height);
  return block.spatialGate[row * block.width + column];
}
