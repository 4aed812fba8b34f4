// Painting on the spatial gate, cell by cell, on the map or on the photo. A stroke is one edit for each block that it paints;
// erasing takes painted cells back to what they were.

import { placeUnder } from '../frame/pointing.js';
import { cellAt } from '../lib/cells.js';
import { part, segmented } from '../lib/dom.js';
import { cellsUnder } from '../lib/painted.js';
import { addEdit, edits, setEdits, tryEdits } from '../state/edits.js';
import { focus, tell } from '../state/focus.js';
import { onGates, shownBlock } from '../state/showing.js';
import {
  beginStroke,
  blocksPainted,
  brush,
  endStroke,
  painting,
  setBrush,
  setReach,
  strokeOver,
  strokeSoFar,
} from '../state/stroke.js';
import { chosenBlock, hasBlocks, here } from '../state/view.js';
import { offValue } from './off.js';

const SEND_EVERY = 120; // milliseconds between requests while a stroke is being drawn

let sent = 0;

export function mount() {
  segmented('brush-mode', brush.mode, (mode) => {
    setBrush(mode);
    tell();
  });
  segmented('brush-reach', brush.reach, (reach) => {
    setReach(reach);
    tell();
  });
  for (const name of ['spatial-map', 'effect-map']) paintsOn(part(name));
  part('brush-value').addEventListener('input', showValue);
  part('fill-map').addEventListener('click', fillMap);
  part('spatial-off').addEventListener('click', () =>
    addEdit({ kind: 'switch-off', block: here(), branch: 'spatial', ...offValue() }),
  );
  onGates(showValue);
}

/** @param {HTMLElement} host the map, or a picture of the crop: a cell lies at the same place in both */
function paintsOn(host) {
  host.addEventListener('pointerdown', (event) => {
    if (!painting() || event.button !== 0 || !hasBlocks()) return;
    const place = placeUnder(host, event);
    if (!place) return;
    host.setPointerCapture(event.pointerId);
    beginStroke(Number(part('brush-value').value), true);
    paintFrom(place);
  });
  host.addEventListener('pointermove', (event) => {
    const place = brush.drawing ? placeUnder(host, event) : null;
    if (place) paintFrom(place);
  });
  for (const name of ['pointerup', 'pointercancel']) host.addEventListener(name, endStroke);
  host.addEventListener('keydown', (event) => {
    if (!painting() || event.key !== ' ' || !focus.place) return;
    event.preventDefault();
    beginStroke(Number(part('brush-value').value), false);
    touch(focus.place);
    endStroke();
  });
}

function showValue() {
  part('brush-shown').textContent = Number(part('brush-value').value).toFixed(2);
}

function fillMap() {
  const { width, height } = chosenBlock();
  const where = Array(height).fill('1'.repeat(width));
  const value = Number(part('brush-value').value);
  setEdits([...edits.list, ...blocksPainted().map((block) => ({ kind: 'paint', block, where, value }))]);
}

function touch(place) {
  const block = shownBlock();
  const size = Math.max(1, Math.round(Number(part('brush-size').value) || 1));
  strokeOver(cellsUnder(cellAt(place, block.width, block.height), size, block));
}

// While drawing, the newest state of the stroke goes to the network without becoming history.
function paintFrom(place) {
  touch(place);
  if (performance.now() - sent < SEND_EVERY) return;
  sent = performance.now();
  tryEdits(strokeSoFar());
}
