// The ordered list of edits, its history, and the edited result that belongs to it. Edits travel with every request; the
// server's model is never changed.

const SLOW = 400; // ms: an edit that takes longer waits for somebody else

const edits = { list: [], past: [], undone: [], texts: [], reached: null, number: 0, inFlight: false, waiting: false, began: 0 };

// A new list, made by the visitor. What was undone can not be redone after it.
function setEdits(list) {
  edits.past.push(edits.list);
  edits.undone = [];
  takeEdits(list);
}

function takeEdits(list) {
  edits.list = list;
  sendEdits();
  drawEditList();
  toAddress();
}

function addEdit(edit) {
  setEdits([...edits.list, edit]);
}

function removeEdit(index) {
  setEdits(edits.list.filter((_, i) => i !== index));
}

function undo() {
  if (!edits.past.length) return;
  edits.undone.push(edits.list);
  takeEdits(edits.past.pop());
}

function redo() {
  if (!edits.undone.length) return;
  edits.past.push(edits.list);
  takeEdits(edits.undone.pop());
}

// One request at a time; while it runs, only the newest list waits.
function sendEdits() {
  if (running()) { edits.waiting = true; return; }
  edits.inFlight = true;
  edits.waiting = false;
  edits.began = performance.now();
  edits.number += 1;
  say('');
  trigger('run_edits', { edits: edits.list, n: edits.number });
  showEditTime();
  setTimeout(() => { if (edits.inFlight) poll(); }, SLOW); // sent at once, it would take the server's time from the edit
}

function answeredEdits(value) {
  if (!value.restored && value.n !== edits.number) return; // of a result that is no longer shown
  edits.inFlight = false;
  edits.texts = value.texts;
  edits.reached = value.after ? new Set(value.reached) : null;
  view.after = value.after ? readAfter(value) : null;
  if (value.restored) Object.assign(edits, { list: value.asked, past: [], undone: [], waiting: false });
  afterEdits();
  edits.milliseconds = performance.now() - edits.began;
  if (value.restored) edits.milliseconds = 0;
  showEditTime();
}

// What the server did not accept is taken out again.
function refusedEdits() {
  edits.inFlight = false;
  edits.waiting = false;
  if (!edits.past.length) { edits.list = []; } else { edits.list = edits.past.pop(); }
  drawEditList();
  showEditTime();
}

function forgetEdits() {
  Object.assign(edits, { list: [], past: [], undone: [], texts: [], reached: null, inFlight: false, waiting: false, number: edits.number + 1 });
  view.after = null;
  drawEditList();
}

// The second result, with the blocks that were not reached taken from the first: the very same objects.
function readAfter({ after, change }) {
  const read = readResult({ ...after, gate: null, map: null });
  const fresh = new Map(read.blocks.map((block) => [block.name, block]));
  const blocks = view.result.blocks.map((block) => fresh.get(block.name) ?? block);
  return { ...read, blocks, change: readChange(change) };
}

function readChange(change) {
  const gates = Object.entries(change.gates).map(([name, scales]) => [name, { channel: readScale(scales.channel), spatial: readScale(scales.spatial) }]);
  return {
    ...change,
    heatmaps: change.heatmaps && readScale(change.heatmaps),
    probabilities: change.probabilities && readScale(change.probabilities),
    gates: Object.fromEntries(gates),
  };
}

function afterEdits() {
  if (!brush.drawing) brush.stroke = null;
  drawEditList();
  fillPictures(view.result);
  drawMarks(view.result);
  if (view.result.blocks.length) drawGates(); else drawPair();
}

// In words, what the edits mean for a block; nothing without edits or on another tab.
function reachOf(name) {
  if (view.tab !== 'change' || !edits.reached) return '';
  if (edits.list.some((edit) => edit.block === name)) return 'edited';
  return edits.reached.has(name) ? 'reached by the edits' : 'beyond reach';
}

function differs(one, other) {
  return one !== other && one.some((value, i) => value !== other[i]);
}

function wasAndIs(before, after, places) {
  return before === after ? before.toFixed(places) : `${before.toFixed(places)} → ${after.toFixed(places)}, edited`;
}

part('undo').addEventListener('click', undo);
part('redo').addEventListener('click', redo);
part('reset').addEventListener('click', () => { if (edits.list.length) setEdits([]); });
part('keep-state').addEventListener('click', () => { if (free()) trigger('keep', {}); });
element.addEventListener('keydown', (event) => {
  if (view.tab !== 'change' || !(event.ctrlKey || event.metaKey) || event.key.toLowerCase() !== 'z' || event.target.matches('input')) return;
  event.preventDefault();
  if (event.shiftKey) redo(); else undo();
});
