// Numbers as the browser gets them and as the visitor reads them.

// What this page has to offer (demo.offers): read once, from one text, because the framework copies every property of the
// component each time that something arrives.
const offer = JSON.parse(props.offer);

const part = (name) => element.querySelector(`[data-is="${name}"]`);
const THIN = '\u2009';

function bytes(text) {
  const letters = atob(text);
  const read = new Uint8Array(letters.length);
  for (let i = 0; i < letters.length; i += 1) read[i] = letters.charCodeAt(i);
  return read;
}

// Little-endian float32, as the server encodes them and every machine with a browser has them.
function floats(text) {
  return new Float32Array(bytes(text).buffer);
}

// The 256 colours of every scale that the server draws with, once; a scale names its own.
const COLOURS = Object.fromEntries(Object.entries(offer.colours).map(([name, table]) => [name, bytes(table)]));

function readScale(facts) {
  return { ...facts, table: COLOURS[facts.colours] };
}

// The row of a scale's table: the same rule as Scale.indices on the server.
function colourIndex(scale, value) {
  if (scale.constant) return 0;
  const step = Math.floor(((value - scale.low) / (scale.high - scale.low)) * 256);
  return Math.min(255, Math.max(0, step));
}

function colourOf(scale, value) {
  const row = 3 * colourIndex(scale, value);
  return `rgb(${scale.table[row]}, ${scale.table[row + 1]}, ${scale.table[row + 2]})`;
}

// A probability: four decimals, a power of ten where they would all be zeros.
function probability(value) {
  if (value === 0) return '0';
  if (value >= 0.0005) return value.toFixed(4);
  return value.toExponential(0).replace('e-', 'e\u2212');
}

function make(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name === 'text') node.textContent = value;
    else if (name === 'style') Object.assign(node.style, value);
    else if (value !== null && value !== undefined) node.setAttribute(name, value);
  }
  node.append(...children);
  return node;
}

// Buttons of which one is chosen. Arrow keys move the choice, as in any group of radio buttons.
function segmented(name, first, changed) {
  const group = part(name);
  const buttons = [...group.querySelectorAll('button')];
  const choose = (value) => {
    group.value = value;
    for (const button of buttons) {
      const chosen = button.dataset.value === value;
      button.setAttribute('aria-checked', chosen);
      button.tabIndex = chosen ? 0 : -1;
    }
  };
  for (const button of buttons) {
    button.addEventListener('click', () => { choose(button.dataset.value); changed(group.value); });
  }
  group.addEventListener('keydown', (event) => {
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const offered = buttons.filter((button) => !button.hidden);
    const now = offered.findIndex((button) => button.dataset.value === group.value);
    const next = offered[(now + step + offered.length) % offered.length];
    next.focus();
    choose(next.dataset.value);
    changed(group.value);
  });
  group.choose = choose;
  choose(first);
  return group;
}
