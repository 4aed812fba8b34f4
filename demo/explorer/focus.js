// One hover for the whole page: a place in the crop, a channel, or neither. Every panel listens.

const focus = { place: null, channel: null, heldPlace: null, heldChannel: null, listeners: [] };

function onFocus(listener) {
  focus.listeners.push(listener);
}

function tell() {
  for (const listener of focus.listeners) listener(focus.place, focus.channel);
}

function pointAt(place) {
  focus.place = place ?? focus.heldPlace;
  tell();
}

function pointAtChannel(channel) {
  focus.channel = channel ?? focus.heldChannel;
  tell();
}

// A click holds a place or a channel until it is clicked again, or Escape.
function hold(place) {
  const same = focus.heldPlace && place && focus.heldPlace.u === place.u && focus.heldPlace.v === place.v;
  focus.heldPlace = same ? null : place;
  pointAt(place);
}

function holdChannel(channel) {
  focus.heldChannel = focus.heldChannel === channel ? null : channel;
  pointAtChannel(channel);
}

function letGo() {
  Object.assign(focus, { place: null, channel: null, heldPlace: null, heldChannel: null });
  tell();
}

element.addEventListener('keydown', (event) => {
  if (event.key === 'Escape') letGo();
});

// Pointer and arrow keys on a map of cells. `size` gives its columns and rows now.
function followPointer(host, size, clicked = hold) {
  const under = (event) => {
    const box = host.getBoundingClientRect();
    const u = (event.clientX - box.left) / box.width;
    const v = (event.clientY - box.top) / box.height;
    if (u < 0 || v < 0 || u >= 1 || v >= 1) return null;
    const [columns, rows] = size();
    return cellPlace(Math.floor(u * columns), Math.floor(v * rows), columns, rows);
  };
  host.addEventListener('pointermove', (event) => pointAt(under(event)));
  host.addEventListener('pointerleave', (event) => { if (event.pointerType === 'mouse') pointAt(null); });
  host.addEventListener('click', (event) => { const place = under(event); if (place) clicked(place); });
  moveByKeys(host, size);
}

// Arrow keys move the place from cell to cell; the first one shows the cell in the middle.
function moveByKeys(host, size) {
  host.addEventListener('keydown', (event) => {
    const [across, down] = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key] ?? [];
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
