// Painting on the spatial gate, cell by cell. A stroke is one edit; erasing takes painted cells back to what they were.

import { placeUnder } from '../frame/pointing.js';
import { cellAt } from '../lib/cells.js';
import { part, segmented } from '../lib/dom.js';
import { cellsUnder } from '../lib/painted.js';
import { addEdit, tryEdits } from '../state/edits.js';
import { focus, tell } from '../state/focus.js';
import { onGates, shownBlock } from '../state/showing.js';
import { beginStroke, brush, endStroke, painting, setBrush, strokeOver, strokeSoFar } from '../state/stroke.js';
import { chosenBlock, hasBlocks, here } from '../state/view.js';
import { offValue } from './off.js';

const SEND_EVERY = 120; // milliseconds between requests while a stroke is being drawn

let sent = 0;

export function mount() {
  const map = part('spatial-map');
  segmented('brush-mode', brush.mode, (mode) => {
    setBrush(mode);
    tell();
  });
  map.addEventListener('pointerdown', (event) => {
    if (!painting() || event.button !== 0 || !hasBlocks()) return;
    const place = placeUnder(map, event);
    if (!place) return;
    map.setPointerCapture(event.pointerId);
    beginStroke(Number(part('brush-value').value), true);
    paintFrom(place);
  });
  map.addEventListener('pointermove', (event) => {
    const place = brush.drawing ? placeUnder(map, event) : null;
    if (place) paintFrom(place);
  });
  for (const name of ['pointerup', 'pointercancel']) map.addEventListener(name, endStroke);
  map.addEventListener('keydown', (event) => {
    if (!painting() || event.key !== ' ' || !focus.place) return;
    event.preventDefault();
    beginStroke(Number(part('brush-value').value), false);
    touch(focus.place);
    endStroke();
  });
  part('brush-value').addEventListener('input', showValue);
  part('fill-map').addEventListener('click', fillMap);
  part('spatial-off').addEventListener('click', () =>
    addEdit({ kind: 'switch-off', block: here(), branch: 'spatial', ...offValue() }),
  );
  onGates(showValue);
}

function showValue() {
  part('brush-shown').textContent = Number(part('brush-value').value).toFixed(2);
}

function fillMap() {
  const { name, width, height } = chosenBlock();
  const where = Array(height).fill('1'.repeat(width));
  addEdit({ kind: 'paint', block: name, where, value: Number(part('brush-value').value) });
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
