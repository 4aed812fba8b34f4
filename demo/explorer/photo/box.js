// The visitor's own box, in pixels of the photo: dragged, clicked or typed. Nothing runs before Run is pressed.

import { moveByKeys, outputCells } from '../frame/pointing.js';
import { cellPlace } from '../lib/cells.js';
import { part, segmented } from '../lib/dom.js';
import { pointAt } from '../state/focus.js';
import { framing, onFraming, setCrop, setWanted } from '../state/framing.js';
import { onResult, view } from '../state/view.js';
import { clickedPerson } from './people.js';
import { suggestRun } from './suggest.js';

const EDGES = ['x0', 'y0', 'x1', 'y1'];
const CLICKED = 0.5; // side of the box around a clicked point, in parts of the photo's shorter side
const DRAGGED = 6; // screen pixels that tell a drag from a click

/** @type {any} where the pointer went down; null while it is up */
let drag = null;
let typing = false;

export function mount() {
  const control = segmented('crop-choice', framing.choice, (value) => {
    setCrop(value);
    suggestRun();
  });
  onFraming(() => {
    if (control.value !== framing.choice) control.choose(framing.choice);
    showBox();
  });
  onResult(() => part('again').classList.remove('primary'));
  for (const edge of EDGES) part(`box-${edge}`).addEventListener('input', typed);
  const stage = part('photo-stage');
  stage.addEventListener('pointerdown', (event) => {
    if (!view.result || event.button !== 0) return;
    if (event.pointerType !== 'mouse' && framing.choice !== 'box') return; // a finger scrolls the page
    drag = { from: photoPixel(event), x: event.clientX, y: event.clientY, moved: false };
    stage.setPointerCapture(event.pointerId);
  });
  stage.addEventListener('pointermove', (event) => {
    if (!view.result) return;
    if (drag) dragTo(event);
    else pointAt(placeOnPhoto(photoPixel(event)));
  });
  stage.addEventListener('pointerup', () => {
    if (!drag) return;
    if (!drag.moved && framing.choice !== 'box' && clickedPerson(drag.from)) {
      drag = null;
      return;
    }
    if (!drag.moved) {
      setWanted(boxAround(drag.from));
      setCrop('box');
    }
    drag = null;
    suggestRun();
  });
  stage.addEventListener('pointercancel', () => {
    drag = null;
  });
  stage.addEventListener('pointerleave', (event) => {
    if (event.pointerType === 'mouse') pointAt(null);
  });
  moveByKeys(stage, outputCells);
}

function showBox() {
  const boxing = framing.choice === 'box';
  part('box').hidden = !boxing;
  part('photo-stage').classList.toggle('boxing', boxing);
  EDGES.forEach((edge, i) => {
    if (!typing) part(`box-${edge}`).value = framing.wanted ? Math.round(framing.wanted[i]) : '';
  });
}

function typed() {
  typing = true; // what the visitor writes is left as it is
  setWanted(EDGES.map((name) => Number(part(`box-${name}`).value)));
  typing = false;
  suggestRun();
}

function dragTo(event) {
  drag.moved ||= Math.hypot(event.clientX - drag.x, event.clientY - drag.y) > DRAGGED;
  if (!drag.moved) return;
  const [x, y] = photoPixel(event);
  const [left, top] = drag.from;
  setWanted([Math.min(x, left), Math.min(y, top), Math.max(x, left), Math.max(y, top)].map(Math.round));
  setCrop('box');
}

function photoPixel(event) {
  const { width, height } = view.result.photo;
  const box = part('photo-stage').getBoundingClientRect();
  const inside = (share, whole) => Math.min(whole, Math.max(0, share * whole));
  return [
    inside((event.clientX - box.left) / box.width, width),
    inside((event.clientY - box.top) / box.height, height),
  ];
}

/** @param {number[]} point */
function boxAround([x, y]) {
  const half = (CLICKED * Math.min(view.result.photo.width, view.result.photo.height)) / 2;
  return [x - half, y - half, x + half, y + half].map(Math.round);
}

// A photo pixel as a place: the centre of the cell of the output maps that it falls in, or nothing outside the crop.
/** @param {number[]} point */
function placeOnPhoto([x, y]) {
  const { box } = view.result.crop;
  const [u, v] = [(x - box[0]) / (box[2] - box[0]), (y - box[1]) / (box[3] - box[1])];
  if (u < 0 || v < 0 || u >= 1 || v >= 1) return null;
  const [columns, rows] = outputCells();
  return cellPlace(Math.floor(u * columns), Math.floor(v * rows), columns, rows);
}
