// The channel-only weights of the chosen block: one bar for each channel, on an axis that says what it is.

import { colourOf } from '../lib/colour.js';
import { inkOf, part, segmented } from '../lib/dom.js';
import { differs, wasAndIs } from '../lib/numbers.js';
import { focus, holdChannel, onFocus, pointAtChannel, tell } from '../state/focus.js';
import { litHere, onLit } from '../state/lit.js';
import { live } from '../state/live.js';
import { onGates, shownBlock } from '../state/showing.js';
import { tabs } from '../state/tabs.js';
import { chosen, chosenBlock, hasBlocks, onChosen, view } from '../state/view.js';

const MARGIN = { left: 50, right: 6, top: 8, bottom: 22 };
/** @type {{ canvas: any, order: number[], scale: import('../lib/colour.js').Scale, asked: boolean }} */
const bars = { canvas: null, order: [], scale: /** @type {any} */ (null), asked: false };

export function mount() {
  bars.canvas = part('bars');
  for (const [name, first] of [
    ['channel-order', 'index'],
    ['channel-scale', 'absolute'],
  ]) {
    segmented(name, first, () => {
      drawChannels();
      tell();
    });
  }
  bars.canvas.addEventListener('pointermove', (event) => pointAtChannel(channelUnder(event)));
  bars.canvas.addEventListener('pointerleave', (event) => {
    if (event.pointerType === 'mouse') pointAtChannel(null);
  });
  bars.canvas.addEventListener('click', (event) => {
    const channel = channelUnder(event);
    if (channel !== null && tabs.current !== 'change') holdChannel(channel); // there, a click chooses: channel_tools.js
  });
  bars.canvas.addEventListener('blur', () => pointAtChannel(null));
  bars.canvas.addEventListener('keydown', moveChannel);
  new ResizeObserver(paintBars).observe(bars.canvas);
  onGates(drawChannels);
  onChosen(paintBars);
  onLit(paintBars);
  onFocus((place, channel) => readChannel(channel));
}

function drawChannels() {
  if (!hasBlocks()) return;
  const block = shownBlock();
  const gate = block.channelGate;
  bars.order = [...gate.keys()];
  if (part('channel-order').value === 'value') bars.order.sort((a, b) => gate[b] - gate[a] || a - b);
  const stretched = part('channel-scale').value === 'stretched';
  bars.scale = stretched ? block.channelStretched : view.result.gate;
  part('channels-edited').hidden = !differs(gate, chosenBlock().channelGate);
  part('channel-plain').textContent = `Weights: ${block.channelSpan}.`;
  part('channel-words').textContent = block.channelWords;
  part('channel-note').textContent = stretched ? 'stretched: do not compare' : '';
  bars.canvas.dataset.low = bars.scale.low;
  bars.canvas.dataset.high = bars.scale.high;
  bars.canvas.setAttribute('aria-label', `Channel-only weights of ${block.name}: ${block.channelWords}`);
  paintBars();
}

function isLit(channel) {
  const edit = litHere();
  return edit?.channels ? edit.channels.includes(channel) : edit?.branch === 'channel';
}

// However often it is asked for, the bars are painted once before the screen shows anything.
function paintBars() {
  if (bars.asked || !hasBlocks()) return;
  bars.asked = true;
  requestAnimationFrame(() => {
    bars.asked = false;
    paintBarsNow();
  });
}

function paintBarsNow() {
  const { canvas, scale, order } = bars;
  if (!scale || !canvas.clientWidth || !view.result?.blocks.length) return;
  const gate = shownBlock().channelGate;
  const before = live.on ? gate : chosenBlock().channelGate;
  const ratio = window.devicePixelRatio || 1;
  const [width, height] = [canvas.clientWidth, canvas.clientHeight];
  canvas.width = Math.round(width * ratio);
  canvas.height = Math.round(height * ratio);
  const ink = inkOf(canvas);
  ink.scale(ratio, ratio);
  const style = getComputedStyle(canvas);
  const [text, line, accent] = ['--quiet', '--line', '--accent'].map((name) => style.getPropertyValue(name).trim());
  const inner = { width: width - MARGIN.left - MARGIN.right, height: height - MARGIN.top - MARGIN.bottom };
  const range = scale.high - scale.low || 1;
  const y = (value) => MARGIN.top + inner.height * (1 - (scale.constant ? 0.5 : (value - scale.low) / range));
  const step = inner.width / order.length;
  const gap = step >= 4 ? 1 : 0;
  order.forEach((channel, slot) => {
    ink.fillStyle = colourOf(scale, gate[channel]);
    const top = Math.min(y(gate[channel]), MARGIN.top + inner.height - 1);
    ink.fillRect(MARGIN.left + slot * step, top, Math.max(step - gap, 0.5), MARGIN.top + inner.height - top);
    if (gate[channel] !== before[channel]) markBefore(ink, slot, step, y(before[channel]), accent);
    if (tabs.current === 'change' && chosen.has(channel)) markChosen(ink, slot, step, MARGIN.top + inner.height, text);
    if (isLit(channel)) markChosen(ink, slot, step, MARGIN.top - 5, accent);
  });
  ink.font = `${style.fontSize} ${style.fontFamily}`;
  ink.textBaseline = 'middle';
  ink.textAlign = 'right';
  for (const tick of axisTicks(scale)) {
    const half = tick.value === 0.5;
    ink.strokeStyle = half ? text : line;
    ink.setLineDash(half ? [4, 3] : []);
    ink.beginPath();
    ink.moveTo(MARGIN.left, Math.round(y(tick.value)) + 0.5);
    ink.lineTo(width - MARGIN.right, Math.round(y(tick.value)) + 0.5);
    ink.stroke();
    ink.fillStyle = text;
    ink.fillText(tick.text, MARGIN.left - 6, y(tick.value));
  }
  ink.setLineDash([]);
  ink.textBaseline = 'alphabetic';
  ink.textAlign = 'left';
  const sorted = part('channel-order').value === 'value';
  ink.fillText(sorted ? 'highest' : 'channel 0', MARGIN.left, height - 4);
  ink.textAlign = 'right';
  ink.fillText(sorted ? 'lowest' : `channel ${order.length - 1}`, width - MARGIN.right, height - 4);
  if (focus.channel !== null) {
    outlineBar(ink, order.indexOf(focus.channel), step, y(gate[focus.channel]), inner, accent);
  }
}

// Where an edited bar was before.
function markBefore(ink, slot, step, top, accent) {
  ink.fillStyle = accent;
  ink.fillRect(MARGIN.left + slot * step, top - 1, Math.max(step, 2), 2);
}

function markChosen(ink, slot, step, top, colour) {
  ink.fillStyle = colour;
  ink.fillRect(MARGIN.left + slot * step, top + 1, Math.max(step - 1, 1.5), 3);
}

function outlineBar(ink, slot, step, top, inner, accent) {
  ink.strokeStyle = accent;
  ink.lineWidth = 2;
  ink.strokeRect(MARGIN.left + slot * step - 1, top - 1, Math.max(step, 2) + 1, MARGIN.top + inner.height - top + 2);
}

// The legend's own numbers; on the absolute axis also the quarters.
function axisTicks(scale) {
  const ticks = scale.ticks.map((value, i) => ({ value, text: scale.tickLabels[i] }));
  if (scale.low === 0 && scale.high === 1) ticks.push({ value: 0.25, text: '0.25' }, { value: 0.75, text: '0.75' });
  return ticks;
}

/** The channel whose bar is under the pointer. */
export function channelUnder(event) {
  const box = bars.canvas.getBoundingClientRect();
  const inner = box.width - MARGIN.left - MARGIN.right;
  const slot = Math.floor(((event.clientX - box.left - MARGIN.left) / inner) * bars.order.length);
  return slot >= 0 && slot < bars.order.length ? bars.order[slot] : null;
}

function moveChannel(event) {
  const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
  if (!step) return;
  event.preventDefault();
  const last = bars.order.length - 1;
  const before = step > 0 ? -1 : last + 1;
  const now = focus.channel === null ? before : bars.order.indexOf(focus.channel);
  pointAtChannel(bars.order[Math.min(last, Math.max(0, now + step))]);
}

function readChannel(channel) {
  if (!hasBlocks()) return;
  const block = shownBlock();
  const untouched = chosenBlock().channelGate;
  const words = part('channel-here');
  words.classList.toggle('live', channel !== null);
  words.textContent =
    channel === null
      ? 'Point at a bar, or move with the arrow keys, to read one channel.'
      : `channel ${channel} of ${block.channels}: ${wasAndIs(untouched[channel], block.channelGate[channel], block.channelPlaces)}`;
  paintBars();
}
