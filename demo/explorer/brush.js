// Painting on the spatial gate, cell by cell. A stroke is one edit; erasing takes painted cells back to what they were.

const brush = { stroke: null, mode: segmented('brush-mode', 'paint', () => tell()), sent: 0 };
const SEND_EVERY = 120; // milliseconds between requests while a stroke is being drawn

function painting() {
  return view.tab === 'change' && brush.mode.value !== 'point';
}

// The gate as it is drawn while a stroke has not come back from the server yet.
function withStroke(block) {
  const { stroke } = brush;
  if (!stroke || stroke.block !== block.name || view.tab !== 'change') return block.spatialGate;
  const untouched = view.result.blocks[view.block].spatialGate;
  return block.spatialGate.map((value, cell) => (!stroke.cells.has(cell) ? value : stroke.erases ? untouched[cell] : stroke.value));
}

function touch(place) {
  const block = shownBlock();
  const [column, row] = cellAt(place, block.width, block.height);
  const size = Math.max(1, Math.round(Number(part('brush-size').value) || 1));
  const reach = (size - 1) / 2;
  const { cells } = brush.stroke;
  for (let y = Math.ceil(row - reach); y <= row + reach; y += 1) {
    for (let x = Math.ceil(column - reach); x <= column + reach; x += 1) {
      if (x >= 0 && y >= 0 && x < block.width && y < block.height) cells.add(y * block.width + x);
    }
  }
}

function beginStroke() {
  brush.stroke = {
    block: view.result.blocks[view.block].name, cells: new Set(), erases: brush.mode.value === 'erase',
    value: Number(part('brush-value').value), before: edits.list,
  };
}

function rowsOf(cells, block) {
  return Array.from({ length: block.height }, (_, y) => Array.from({ length: block.width }, (_, x) => (cells.has(y * block.width + x) ? '1' : '0')).join(''));
}

function listWithStroke() {
  const { stroke } = brush;
  const block = view.result.blocks[view.block];
  if (!stroke.erases) return [...stroke.before, { kind: 'paint', block: stroke.block, where: rowsOf(stroke.cells, block), value: stroke.value }];
  return stroke.before.map((edit) => without(edit, stroke, block)).filter(Boolean);
}

// A painted edit less the erased cells; nothing is left of it when all are.
function without(edit, stroke, block) {
  if (edit.kind !== 'paint' || edit.block !== stroke.block) return edit;
  const where = edit.where.map((row, y) => [...row].map((mark, x) => (stroke.cells.has(y * block.width + x) ? '0' : mark)).join(''));
  return where.some((row) => row.includes('1')) ? { ...edit, where } : null;
}

// While drawing, the newest state of the stroke goes to the network without becoming history.
function sendStroke() {
  if (performance.now() - brush.sent < SEND_EVERY) return;
  brush.sent = performance.now();
  edits.list = listWithStroke();
  sendEdits();
}

function endStroke() {
  const { stroke } = brush;
  if (!stroke) return;
  const list = listWithStroke();
  edits.list = stroke.before;
  if (stroke.erases) brush.stroke = null;
  if (JSON.stringify(list) !== JSON.stringify(stroke.before)) setEdits(list);
  else { brush.stroke = null; takeEdits(stroke.before); }
  brush.drawing = false;
}

function paintFrom(place) {
  touch(place);
  drawSpatial();
  sendStroke();
}

const placeUnder = (event) => {
  const box = part('spatial-map').getBoundingClientRect();
  const [u, v] = [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height];
  return u < 0 || v < 0 || u >= 1 || v >= 1 ? null : { u, v };
};
part('spatial-map').addEventListener('pointerdown', (event) => {
  if (!painting() || event.button !== 0 || !view.result.blocks.length) return;
  const place = placeUnder(event);
  if (!place) return;
  part('spatial-map').setPointerCapture(event.pointerId);
  beginStroke();
  brush.drawing = true;
  paintFrom(place);
});
part('spatial-map').addEventListener('pointermove', (event) => {
  const place = brush.drawing ? placeUnder(event) : null;
  if (place) paintFrom(place);
});
for (const name of ['pointerup', 'pointercancel']) part('spatial-map').addEventListener(name, endStroke);
part('spatial-map').addEventListener('keydown', (event) => {
  if (!painting() || event.key !== ' ' || !focus.place) return;
  event.preventDefault();
  beginStroke();
  touch(focus.place);
  endStroke();
});
part('brush-value').addEventListener('input', drawEditTools);
part('fill-map').addEventListener('click', () => {
  const block = shownBlock();
  addEdit({ kind: 'paint', block: block.name, where: Array(block.height).fill('1'.repeat(block.width)), value: Number(part('brush-value').value) });
});
part('spatial-off').addEventListener('click', () => addEdit({ kind: 'switch-off', block: here(), branch: 'spatial', ...offValue() }));
