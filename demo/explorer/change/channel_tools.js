// Choosing channels, by click, by drag, by text or by rank, and what is done with them.

import { channelUnder } from '../gates/channels.js';
import { part, wholeNumber } from '../lib/dom.js';
import { inRanges, readRanges } from '../lib/numbers.js';
import { addEdit } from '../state/edits.js';
import { focus } from '../state/focus.js';
import { onGates, shownBlock } from '../state/showing.js';
import { tabs } from '../state/tabs.js';
import { chooseChannels, chosen, chosenBlock, hasBlocks, here, onChosen, turnChannel } from '../state/view.js';
import { offValue } from './off.js';

export function mount() {
  part('chosen-channels').addEventListener('input', () => {
    const found = readRanges(part('chosen-channels').value, chosenBlock().channels);
    part('chosen-channels').setAttribute('aria-invalid', found === null);
    if (found) chooseChannels(found);
  });
  const all = () => shownBlock().channelGate.keys();
  part('choose-rank').addEventListener('click', () => chooseChannels(ranked()));
  part('choose-all').addEventListener('click', () => chooseChannels(all()));
  part('choose-none').addEventListener('click', () => chooseChannels([]));
  part('choose-others').addEventListener('click', () =>
    chooseChannels([...all()].filter((channel) => !chosen.has(channel))),
  );
  const edit = (kind, more) => addEdit({ kind, block: here(), ...more });
  const channels = () => [...chosen].sort((a, b) => a - b);
  const factor = () => Math.max(0, Number(part('channel-factor').value) || 0);
  part('mute-channels').addEventListener('click', () => edit('mute', { channels: channels(), ...offValue() }));
  part('solo-channels').addEventListener('click', () => edit('solo', { channels: channels(), ...offValue() }));
  part('scale-channels').addEventListener('click', () => edit('scale', { channels: channels(), factor: factor() }));
  part('channel-off').addEventListener('click', () => edit('switch-off', { branch: 'channel', ...offValue() }));
  onGates(drawChosen);
  onChosen(drawChosen);
  sweepWithPointer(part('bars'));
}

function ranked() {
  const gate = shownBlock().channelGate;
  const order = [...gate.keys()].sort((a, b) => gate[b] - gate[a] || a - b);
  if (part('rank-end').value === 'lowest') order.reverse();
  return order.slice(0, wholeNumber('rank-count'));
}

function drawChosen() {
  if (!hasBlocks()) return;
  if (document.activeElement !== part('chosen-channels')) part('chosen-channels').value = inRanges(chosen);
  part('chosen-words').textContent =
    `${chosen.size} of ${chosenBlock().channels} channels selected. ` +
    'Click or drag over bars; Space selects the one under the arrow keys.';
  for (const name of ['mute-channels', 'solo-channels', 'scale-channels']) part(name).disabled = chosen.size === 0;
}

// A click turns one bar over; a drag chooses, or lets go of, all that it passes.
function sweepWithPointer(canvas) {
  /** @type {{ adds: boolean | null, last: number | null }} */
  const sweep = { adds: null, last: null };
  const sweepTo = (channel) => {
    if (channel === null || channel === sweep.last) return;
    sweep.last = channel;
    turnChannel(channel, Boolean(sweep.adds));
  };
  canvas.addEventListener('pointerdown', (event) => {
    if (tabs.current !== 'change' || event.button !== 0) return;
    const channel = channelUnder(event);
    if (channel === null) return;
    sweep.adds = !chosen.has(channel);
    canvas.setPointerCapture(event.pointerId);
    sweepTo(channel);
  });
  canvas.addEventListener('pointermove', (event) => {
    if (sweep.adds !== null) sweepTo(channelUnder(event));
  });
  for (const name of ['pointerup', 'pointercancel']) {
    canvas.addEventListener(name, () => Object.assign(sweep, { adds: null, last: null }));
  }
  canvas.addEventListener('keydown', (event) => {
    if (tabs.current !== 'change' || event.key !== ' ' || focus.channel === null) return;
    event.preventDefault();
    turnChannel(focus.channel, !chosen.has(focus.channel));
  });
}
