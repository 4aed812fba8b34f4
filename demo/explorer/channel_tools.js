// Choosing channels, by click, by drag, by text or by rank, and what is done with them.

const chosen = new Set();

function isChosen(channel) {
  return view.tab === 'change' && chosen.has(channel);
}

function choose(channels) {
  chosen.clear();
  for (const channel of channels) chosen.add(channel);
  drawEditTools();
  paintBars();
}

// "0-3, 17" -> [0, 1, 2, 3, 17], within the block.
function readRanges(text, count) {
  const found = new Set();
  for (const piece of text.split(/[,;\s]+/).filter(Boolean)) {
    const match = piece.match(/^(\d+)(?:[-–](\d+))?$/);
    if (!match) return null;
    for (let channel = Number(match[1]); channel <= Math.min(count - 1, Number(match[2] ?? match[1])); channel += 1) found.add(channel);
  }
  return [...found].filter((channel) => channel < count).sort((a, b) => a - b);
}

function inRanges(channels) {
  const sorted = [...channels].sort((a, b) => a - b);
  const pieces = [];
  for (const channel of sorted) {
    const last = pieces.at(-1);
    if (last && last[1] === channel - 1) last[1] = channel; else pieces.push([channel, channel]);
  }
  return pieces.map(([from, to]) => (from === to ? `${from}` : `${from}-${to}`)).join(', ');
}

function ranked() {
  const gate = shownBlock().channelGate;
  const order = [...gate.keys()].sort((a, b) => gate[b] - gate[a] || a - b);
  if (part('rank-end').value === 'lowest') order.reverse();
  return order.slice(0, Math.max(0, Math.round(Number(part('rank-count').value) || 0)));
}

function drawEditTools() {
  if (!view.result?.blocks.length) return;
  drawOff();
  const block = view.result.blocks[view.block];
  if (document.activeElement !== part('chosen-channels')) part('chosen-channels').value = inRanges(chosen);
  part('chosen-words').textContent = `${chosen.size} of ${block.channels} channels selected. Click or drag over bars; Space selects the one under the arrow keys.`;
  for (const name of ['mute-channels', 'solo-channels', 'scale-channels']) part(name).disabled = chosen.size === 0;
  part('brush-shown').textContent = Number(part('brush-value').value).toFixed(2);
}

const here = () => view.result.blocks[view.block].name; // the chosen block
const picked = () => [...chosen].sort((a, b) => a - b);
part('chosen-channels').addEventListener('input', () => {
  const found = readRanges(part('chosen-channels').value, shownBlock().channels);
  part('chosen-channels').setAttribute('aria-invalid', found === null);
  if (found) choose(found);
});
part('choose-rank').addEventListener('click', () => choose(ranked()));
part('choose-all').addEventListener('click', () => choose(shownBlock().channelGate.keys()));
part('choose-none').addEventListener('click', () => choose([]));
part('choose-others').addEventListener('click', () => choose([...shownBlock().channelGate.keys()].filter((channel) => !chosen.has(channel))));
part('mute-channels').addEventListener('click', () => addEdit({ kind: 'mute', block: here(), channels: picked(), ...offValue() }));
part('solo-channels').addEventListener('click', () => addEdit({ kind: 'solo', block: here(), channels: picked(), ...offValue() }));
part('scale-channels').addEventListener('click', () => addEdit({ kind: 'scale', block: here(), channels: picked(), factor: Math.max(0, Number(part('channel-factor').value) || 0) }));
part('channel-off').addEventListener('click', () => addEdit({ kind: 'switch-off', block: here(), branch: 'channel', ...offValue() }));

// A click turns one bar over; a drag chooses, or lets go of, all that it passes.
const sweep = { adds: null, last: null };
function sweepTo(channel) {
  if (channel === null || channel === sweep.last) return;
  sweep.last = channel;
  if (sweep.adds) chosen.add(channel); else chosen.delete(channel);
  drawEditTools();
  paintBars();
}
bars.canvas.addEventListener('pointerdown', (event) => {
  if (view.tab !== 'change' || event.button !== 0) return;
  const channel = channelUnder(event);
  if (channel === null) return;
  sweep.adds = !chosen.has(channel);
  bars.canvas.setPointerCapture(event.pointerId);
  sweepTo(channel);
});
bars.canvas.addEventListener('pointermove', (event) => { if (sweep.adds !== null) sweepTo(channelUnder(event)); });
for (const name of ['pointerup', 'pointercancel']) bars.canvas.addEventListener(name, () => Object.assign(sweep, { adds: null, last: null }));
bars.canvas.addEventListener('keydown', (event) => {
  if (view.tab !== 'change' || event.key !== ' ' || focus.channel === null) return;
  event.preventDefault();
  if (chosen.has(focus.channel)) chosen.delete(focus.channel); else chosen.add(focus.channel);
  drawEditTools();
  paintBars();
});
