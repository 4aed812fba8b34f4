// What is left of a prediction while a gate goes, or comes back, in every order.

import { lineChart } from '../lib/chart.js';
import { fillSelect, make, part, segmented, svg } from '../lib/dom.js';
import { inWords } from '../lib/numbers.js';
import { byName } from '../lib/results.js';
import { table } from '../lib/tables.js';
import { showAsText } from '../text/text.js';
import { found, onFound } from '../state/found.js';

const ORDERS = {
  attention: ['highest attention first', { stroke: '#1f6fb2', width: 2.6 }],
  reversed: ['lowest attention first', { stroke: '#1f6fb2', dash: '6 4' }],
  random: ['at random', { stroke: '#808080' }],
  elsewhere: ['the same map elsewhere', { stroke: '#808080', dash: '2 3' }],
  centre: ['from the centre outwards', { stroke: '#b8860b', dash: '8 3 2 3' }],
};
const FIRST = ['attention', 'random', 'centre'];
const METHOD_STYLES = [
  { stroke: '#b3124f' },
  { stroke: '#b3124f', dash: '5 3' },
  { stroke: '#00845f' },
  { stroke: '#00845f', dash: '5 3' },
  { stroke: '#8c510a' },
  { stroke: '#8c510a', dash: '5 3' },
];

/** @type {Record<'mode' | 'lines' | 'axis', { value: string }>} what the visitor chose */
let chosen;

export function mount() {
  chosen = {
    mode: segmented('curves-mode', 'delete', drawCurves),
    lines: segmented('curves-lines', 'three', drawCurves),
    axis: segmented('curves-axis', 'zero', drawCurves),
  };
  part('curves-measure').addEventListener('change', drawCurves);
  onFound(showCurves);
  showAsText('evidence', curveTables);
}

function showCurves() {
  part('curves-panel').hidden = !found.curves;
  if (!found.curves) return;
  const { curves, target, verdict } = found.curves;
  fillSelect(
    part('curves-measure'),
    curves.measures.map(({ name, meaning }) => [name, meaning]),
  );
  part('curves-title').textContent =
    `${target.name}: ${curves.branch === 'spatial' ? 'map' : 'weights'} of ${curves.block}`;
  part('curves-verdict').textContent = verdict;
  drawCurves();
}

function orderStyle(name) {
  if (ORDERS[name]) return ORDERS[name];
  const at = (found.curves?.maps ?? []).findIndex((one) => one.method === name);
  return [`by ${inWords(name)}`, METHOD_STYLES[at % METHOD_STYLES.length]];
}

function drawCurves() {
  if (!found.curves) return;
  const { curves } = found.curves;
  const measure = part('curves-measure').value;
  const facts = byName(curves.measures, measure);
  const away = chosen.mode.value === 'delete';
  const shown = curves.curves.filter((curve) => curve.mode === chosen.mode.value);
  const drawn = shown.filter(({ order }) => chosen.lines.value === 'all' || FIRST.includes(order));
  const zoomed = chosen.axis.value === 'zoomed';
  lineChart(part('curves-chart'), {
    x: curves.shares,
    series: drawn.map((curve) => ({
      name: orderStyle(curve.order)[0],
      ...curve.left[measure],
      style: orderStyle(curve.order)[1],
    })),
    low: zoomed ? null : Math.min(0, ...drawn.flatMap((curve) => curve.left[measure].low)),
    xLabel: `part of the gate ${away ? `taken away (set to ${curves.off.toFixed(2)})` : 'given back'}`,
    yLabel: zoomed ? `${facts.axis} (zoomed: the axis does not begin at 0)` : facts.axis,
    label: `${measure} while the gate of ${curves.block} is ${away ? 'taken away' : 'given back'} in ${drawn.length} orders; the table has the areas`,
  });
  const rows = shown.map((curve) => {
    const area = curve.areas[measure];
    const [words, style] = orderStyle(curve.order);
    const swatch = make('span', { class: 'swatch' });
    swatch.append(
      svg(
        'svg',
        { viewBox: '0 0 26 8', width: 26, height: 8 },
        svg('path', {
          d: 'M0 4H26',
          stroke: style.stroke,
          'stroke-width': 2.4,
          'stroke-dasharray': style.dash ?? 'none',
        }),
      ),
    );
    const name = make('th', { scope: 'row' }, swatch, words);
    const spread =
      area.draws > 1 ? `${area.low.toFixed(4)} to ${area.high.toFixed(4)}, ${area.draws} draws` : 'one order';
    const row = make(
      'tr',
      { 'data-order': curve.order },
      name,
      make('td', { text: area.mean.toFixed(4) }),
      make('td', { text: spread }),
    );
    row.addEventListener('pointerenter', () => faintAllBut(words));
    row.addEventListener('pointerleave', () => faintAllBut(null));
    return row;
  });
  const heads = ['order', 'area under the curve', 'spread'].map((text) => make('th', { scope: 'col', text }));
  part('curves-table').replaceChildren(
    make('caption', {
      text: away ? 'Smaller area: the prediction falls sooner' : 'Larger area: the prediction comes back sooner',
    }),
    make('thead', {}, make('tr', {}, ...heads)),
    make('tbody', {}, ...rows),
  );
  part('curves-note').textContent = `Only this gate changes. Measured: ${facts.meaning}.`;
}

function faintAllBut(name) {
  for (const line of part('curves-chart').querySelectorAll('.line')) {
    line.classList.toggle('faint', name !== null && line.dataset.line !== name);
  }
}

function curveTables() {
  if (!found.curves) return [];
  const { curves, target } = found.curves;
  const measure = part('curves-measure').value;
  return [
    table(
      `${target.name}, ${curves.branch} gate of ${curves.block}: area under the curve of ${measure}`,
      ['order', 'taken away', 'given back'],
      [...new Set(curves.curves.map(({ order }) => order))].map((order) => [
        orderStyle(order)[0],
        ...['delete', 'insert'].map(
          (mode) =>
            curves.curves.find((one) => one.order === order && one.mode === mode)?.areas[measure].mean.toFixed(4) ?? '',
        ),
      ]),
    ),
  ];
}
