// The gate beside what other methods give credit to, on the same cells or channels, and how far they agree.

import { ALL, cellMap, drawLegend, paintCells } from '../lib/cells.js';
import { paintVector } from '../lib/chart.js';
import { make, part } from '../lib/dom.js';
import { inWords, known, minus, signed } from '../lib/numbers.js';
import { byName } from '../lib/results.js';
import { view } from '../state/view.js';
import { found, onFound } from '../state/found.js';

function agreement(one) {
  if (one.rho === null) return 'no rank correlation with attention: one of the two is constant';
  const said = (rho, band) => `${known(rho)}${band ? ` (chance ${minus(band[0])} to ${minus(band[1])})` : ''}`;
  const size = one.rhoSize === one.rho ? '' : `, of its size ${said(one.rhoSize, one.bandSize)}`;
  return `rank correlation with attention ${said(one.rho, one.band)}${size}: ${one.beyond ? 'beyond' : 'not beyond'} chance`;
}

export function mount() {
  onFound(drawCredits);
}

function drawCredits() {
  part('credit-panel').hidden = !found.curves;
  if (!found.curves) return;
  const { maps, curves } = found.curves;
  const block = byName(view.result.blocks, curves.block);
  const gate = curves.branch === 'spatial' ? block.spatialGate : block.channelGate;
  const first = {
    title: 'attention',
    note: 'the gate itself, 0 to 1',
    values: gate,
    scale: view.result.gate,
    shape: curves.branch === 'spatial' ? [block.height, block.width] : [block.channels],
    words: [],
  };
  const others = maps.map((one) => ({
    ...one,
    title: inWords(one.method),
    words: [
      agreement(one),
      one.delta === null || one.change === null
        ? ''
        : `adds up to the change ${signed(one.change)} within ${signed(one.delta)}`,
    ].filter(Boolean),
  }));
  part('credits').replaceChildren(...[first, ...others].map(creditFigure));
}

function creditFigure({ title, note, values, scale, shape, words }) {
  const legend = make('div', { class: 'legend' });
  const host =
    shape.length === 2
      ? make('div', { class: 'map' })
      : make('canvas', { class: 'bars', role: 'img', 'aria-label': `${title}: ${scale.legend}` });
  const figure = make(
    'figure',
    { 'data-credit': title },
    make('figcaption', { text: title }),
    host,
    legend,
    ...[...words, note].map((text) => make('p', { class: 'readout', text })),
  );
  if (shape.length === 2) {
    const [height, width] = shape;
    const map = cellMap(host, `${title}: ${scale.legend}`);
    map.size(width, height, `${view.result.crop.width} / ${view.result.crop.height}`);
    paintCells(map.canvas, values, width, height, scale, ALL);
  } else {
    paintVector(host, { values, scale });
  }
  drawLegend(legend, scale, ALL);
  return figure;
}
