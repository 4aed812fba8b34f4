// Pointer and arrow keys on a map of cells.

import { cellAt, cellPlace } from '../lib/cells.js';
import { element } from '../lib/dom.js';
import { focus, hold, letGo, pointAt } from '../state/focus.js';
import { view } from '../state/view.js';

/**
 * @param {HTMLElement} host
 * @param {() => [number, number]} size its columns and rows now
 * @param {(place: import('../lib/cells.js').Place) => void} clicked
 */
export function followPointer(host, size, clicked = hold) {
  const under = (event) => {
    const place = placeUnder(host, event);
    if (!place) return null;
    const [columns, rows] = size();
    return cellPlace(Math.floor(place.u * columns), Math.floor(place.v * rows), columns, rows);
  };
  host.addEventListener('pointermove', (event) => pointAt(under(event)));
  host.addEventListener('pointerleave', (event) => {
    if (event.pointerType === 'mouse') pointAt(null);
  });
  host.addEventListener('click', (event) => {
    const place = under(event);
    if (place) clicked(place);
  });
  moveByKeys(host, size);
}

/**
 * Where on an element the pointer is, in parts of it; nothing beside it.
 *
 * @param {HTMLElement} host
 * @param {MouseEvent} event
 */
export function placeUnder(host, event) {
  const box = host.getBoundingClientRect();
  const [u, v] = [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height];
  return u < 0 || v < 0 || u >= 1 || v >= 1 ? null : { u, v };
}

/**
 * Arrow keys move the place from cell to cell; the first one shows the cell in the middle.
 *
 * @param {HTMLElement} host
 * @param {() => [number, number]} size
 */
export function moveByKeys(host, size) {
  host.addEventListener('keydown', (event) => {
    const steps = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
    const [across, down] = steps[event.key] ?? [];
    if (across === undefined) return;
    event.preventDefault();
    const [columns, rows] = size();
    const [column, row] = focus.place ? cellAt(focus.place, columns, rows) : [columns >> 1, rows >> 1];
    const within = (value, count) => Math.min(count - 1, Math.max(0, value));
    const step = focus.place ? [across, down] : [0, 0];
    pointAt(cellPlace(within(column + step[0], columns), within(row + step[1], rows), columns, rows));
  });
  host.addEventListener('blur', () => pointAt(null));
}

/**
 * Cells of the output maps: columns and rows.
 *
 * @returns {[number, number]}
 */
export function outputCells() {
  const { width, height, stride } = view.result.crop;
  return [width / stride, height / stride];
}

export function mount() {
  element.addEventListener('keydown', (event) => {
    if (event.key === 'Escape') letGo();
  });
}
