// Attention that is not PSA, as a network of somebody's own has it: every gate on its own cells, to be looked at.

import { ALL, cellMap, drawLegend, paintCells } from '../lib/cells.js';
import { make, part } from '../lib/dom.js';
import { table } from '../lib/tables.js';
import { onResult } from '../state/view.js';
import { showAsText } from '../text/text.js';

export function mount() {
  onResult(drawOthers);
  showAsText('look', otherTables);
}

function drawOthers(result) {
  part('others-panel').hidden = result.others.length === 0;
  part('others').replaceChildren(...result.others.map((one) => drawOne(one, result)));
  const own = result.outputs.length > 0;
  part('flip').closest('label').hidden = own; // nobody knows which of its outputs are left and right
  part('tour-start').hidden = own; // it goes through joints and classes
  part('go-live').hidden = own; // it follows a person
  if (!own || result.blocks.length) return;
  part('absent').textContent = result.others.length
    ? `${result.model} has no polarized self-attention that was recognised; what it has is shown above, as the network has it.`
    : `In ${result.model} no attention was recognised: no polarized self-attention, and no gate of another kind.`;
}

function drawOne(one, result) {
  const head = make('h4', {}, make('code', { text: one.name }), ` ${one.kind}`);
  const known = make('p', { class: 'readout', text: `${one.known[0].toUpperCase()}${one.known.slice(1)}.` });
  return make('div', { 'data-other': one.name }, head, known, ...one.sites.map((site) => drawSite(site, result)));
}

function drawSite(site, { crop }) {
  const words = `${site.name}: ${site.axes}, ${site.shape.join(' × ')}; ${site.words}`;
  const caption = make('figcaption', { text: words });
  if (!site.values) return make('figure', {}, caption);
  const host = make('div', { class: 'map' });
  const legend = make('div', { class: 'legend' });
  const map = cellMap(host, words);
  const high = Math.min(site.height, site.width);
  map.size(
    site.width,
    site.height,
    site.map ? `${crop.width} / ${crop.height}` : site.height > 1 ? `${site.width} / ${high}` : '12 / 1',
  );
  map.back.hidden = true;
  paintCells(map.canvas, site.values, site.width, site.height, site.scale, ALL);
  drawLegend(legend, site.scale, ALL);
  return make('figure', {}, caption, host, legend);
}

function otherTables(result) {
  if (!result.others.length) return [];
  const rows = result.others.flatMap(({ name, kind, sites }) =>
    sites.map((site) => [name, kind, site.name, site.shape.join(' × '), site.words]),
  );
  return [table('Attention of other kinds', ['block', 'kind', 'gate', 'shape', 'values'], rows)];
}
