// The visitor's own box, in pixels of the photo: dragged, clicked or typed. Nothing runs before Run is pressed.

const EDGES = ['x0', 'y0', 'x1', 'y1'];
const CLICKED = 0.5; // side of the box around a clicked point, in parts of the photo's shorter side
const DRAGGED = 6; // screen pixels that tell a drag from a click
const cropChoice = segmented('crop-choice', 'person', (value) => { setCrop(value); suggestRun(); });

// Only a network with joints can find a person; the others begin with the whole image.
const findsPeople = () => offer.tasks[part('model-choice').value]?.joints ?? true;
const usualCrop = () => (findsPeople() ? 'person' : 'image');

function offerCrops() {
  cropChoice.querySelector('[data-value="person"]').hidden = !findsPeople();
  if (cropChoice.value === 'person' && !findsPeople()) { setCrop('image'); cropChoice.instead = true; }
  if (cropChoice.value === 'image' && findsPeople() && cropChoice.instead) setCrop('person');
}

function suggestRun() {
  part('again').classList.add('primary');
}

function setCrop(value) {
  cropChoice.choose(value);
  cropChoice.instead = false;
  part('box').hidden = value !== 'box';
  photo.stage.classList.toggle('boxing', value === 'box');
  if (value === 'box' && !view.wanted && view.result) setWanted(view.result.crop.box.map(Math.round));
  showWanted();
}

function setWanted(box) {
  view.wanted = box;
  EDGES.forEach((edge, i) => { part(`box-${edge}`).value = box ? Math.round(box[i]) : ''; });
  showWanted();
}

function showWanted() {
  const shown = view.wanted && cropChoice.value === 'box';
  const [x0, y0, x1, y1] = view.wanted ?? [0, 0, 0, 0];
  const facts = { x: x0, y: y0, width: Math.max(0, x1 - x0), height: Math.max(0, y1 - y0) };
  for (const rect of photo.marks.querySelectorAll('.wanted')) {
    rect.style.display = shown ? '' : 'none';
    for (const [name, value] of Object.entries(facts)) rect.setAttribute(name, value);
  }
}

function photoPixel(event) {
  const { width, height } = view.result.photo;
  const box = photo.stage.getBoundingClientRect();
  const inside = (part, whole) => Math.min(whole, Math.max(0, part * whole));
  return [inside((event.clientX - box.left) / box.width, width), inside((event.clientY - box.top) / box.height, height)];
}

function boxAround([x, y]) {
  const half = (CLICKED * Math.min(view.result.photo.width, view.result.photo.height)) / 2;
  return [x - half, y - half, x + half, y + half].map(Math.round);
}

let drag = null;
photo.stage.addEventListener('pointerdown', (event) => {
  if (!view.result || event.button !== 0) return;
  if (event.pointerType !== 'mouse' && cropChoice.value !== 'box') return; // a finger scrolls the page
  drag = { from: photoPixel(event), x: event.clientX, y: event.clientY, moved: false };
  photo.stage.setPointerCapture(event.pointerId);
});
photo.stage.addEventListener('pointermove', (event) => {
  if (!view.result) return;
  if (!drag) { pointAt(placeOnPhoto(photoPixel(event))); return; }
  drag.moved ||= Math.hypot(event.clientX - drag.x, event.clientY - drag.y) > DRAGGED;
  if (!drag.moved) return;
  const [x, y] = photoPixel(event);
  setCrop('box');
  setWanted([Math.min(x, drag.from[0]), Math.min(y, drag.from[1]), Math.max(x, drag.from[0]), Math.max(y, drag.from[1])].map(Math.round));
});
photo.stage.addEventListener('pointerup', () => {
  if (!drag) return;
  if (!drag.moved) { setWanted(boxAround(drag.from)); setCrop('box'); }
  drag = null;
  suggestRun();
});
photo.stage.addEventListener('pointercancel', () => { drag = null; });
photo.stage.addEventListener('pointerleave', (event) => { if (event.pointerType === 'mouse') pointAt(null); });

// A photo pixel as a place: the centre of the cell of the output maps that it falls in, or nothing outside the crop.
function placeOnPhoto([x, y]) {
  const { box } = view.result.crop;
  const [u, v] = [(x - box[0]) / (box[2] - box[0]), (y - box[1]) / (box[3] - box[1])];
  if (u < 0 || v < 0 || u >= 1 || v >= 1) return null;
  const [columns, rows] = outputCells();
  return cellPlace(Math.floor(u * columns), Math.floor(v * rows), columns, rows);
}

function outputCells() {
  const { width, height, stride } = view.result.crop;
  return [width / stride, height / stride];
}

moveByKeys(photo.stage, outputCells);

for (const edge of EDGES) {
  part(`box-${edge}`).addEventListener('input', () => {
    view.wanted = EDGES.map((name) => Number(part(`box-${name}`).value));
    showWanted();
    suggestRun();
  });
}
