// Lines over one axis from 0 to 1, with a band where a line is a mean of draws. No library: six lines and two axes.

import { colourOf } from './colour.js';
import { inkOf, svg } from './dom.js';

const CHART = { width: 520, height: 270, left: 56, right: 10, top: 24, bottom: 38 };

/**
 * @typedef {{ stroke: string, dash?: string, width?: number }} Style
 * @typedef {{ name: string, mean: number[], low: number[], high: number[], style: Style }} Series over the same x
 */

/**
 * @param {HTMLElement} host
 * @param {object} facts
 * @param {number[]} facts.x from 0 to 1
 * @param {Series[]} facts.series
 * @param {string} facts.xLabel
 * @param {string} facts.yLabel
 * @param {number | null} [facts.low] ends of the axis; null for those of the values
 * @param {number | null} [facts.high]
 * @param {string} facts.label for those who do not see it
 */
export function lineChart(host, { x, series, xLabel, yLabel, low = null, high = null, label }) {
  const values = series.flatMap((one) => [...one.low, ...one.high, ...one.mean]);
  const bottom = low ?? Math.min(...values);
  const top = high ?? Math.max(...values);
  const span = top > bottom ? top - bottom : 1;
  const across = (value) => CHART.left + value * (CHART.width - CHART.left - CHART.right);
  const up = (value) =>
    CHART.height - CHART.bottom - ((value - bottom) / span) * (CHART.height - CHART.top - CHART.bottom);
  const points = (numbers) => numbers.map((value, i) => `${across(x[i]).toFixed(1)} ${up(value).toFixed(1)}`);
  const words = (text, place) => svg('text', place, document.createTextNode(text));
  const grid = [0, 0.25, 0.5, 0.75, 1].flatMap((part) => {
    const value = bottom + part * span;
    return [
      svg('path', { class: 'grid', d: `M${CHART.left} ${up(value)}H${CHART.width - CHART.right}` }),
      words(axisNumber(value, span), { x: CHART.left - 5, y: up(value) + 4, class: 'tick', 'text-anchor': 'end' }),
      words(`${100 * part}%`, {
        x: across(part),
        y: CHART.height - CHART.bottom + 14,
        class: 'tick',
        'text-anchor': 'middle',
      }),
    ];
  });
  const lines = series.flatMap(({ name, mean, low: least, high: most, style }) => {
    const line = svg('path', {
      class: 'line',
      d: `M${points(mean).join('L')}`,
      stroke: style.stroke,
      'stroke-width': style.width ?? 1.8,
      'stroke-dasharray': style.dash ?? 'none',
      'data-line': name,
    });
    line.append(svg('title', {}, document.createTextNode(name)));
    const wide = most.some((value, i) => value > least[i]);
    return wide
      ? [
          svg('path', {
            class: 'band',
            d: `M${[...points(most), ...points(least).reverse()].join('L')}Z`,
            fill: style.stroke,
          }),
          line,
        ]
      : [line];
  });
  const picture = svg('svg', {
    class: 'chart',
    viewBox: `0 0 ${CHART.width} ${CHART.height}`,
    role: 'img',
    'aria-label': label,
  });
  picture.append(
    ...grid,
    ...lines,
    words(xLabel, { x: across(0.5), y: CHART.height - 4, class: 'axis', 'text-anchor': 'middle' }),
    words(yLabel, { x: 2, y: 11, class: 'axis' }),
  );
  host.replaceChildren(picture);
  // However wide the chart is drawn, its words have the size of those around it.
  new ResizeObserver(([{ contentRect }]) => {
    if (contentRect.width) picture.style.setProperty('--unit', String(CHART.width / contentRect.width));
  }).observe(picture);
}

function axisNumber(value, span) {
  const places = Math.min(6, Math.max(0, 2 - Math.floor(Math.log10(span))));
  return value.toFixed(places).replace('-', '\u2212');
}

/**
 * One bar for each value, from zero or from the bottom of the scale.
 *
 * @param {HTMLCanvasElement} canvas
 * @param {{ values: ArrayLike<number>, scale: import('./colour.js').Scale }} vector
 */
export function paintVector(canvas, { values, scale }) {
  canvas.width = 2 * values.length;
  canvas.height = 96;
  const ink = inkOf(canvas);
  const span = scale.high - scale.low || 1;
  const y = (value) => 96 * (1 - (value - scale.low) / span);
  const zero = scale.low < 0 ? y(0) : 96;
  Array.from(values, (value, i) => {
    ink.fillStyle = colourOf(scale, value);
    ink.fillRect(2 * i, Math.min(zero, y(value)), 1.6, Math.max(1, Math.abs(zero - y(value))));
  });
  ink.fillStyle = 'rgb(128 128 128 / 0.6)';
  ink.fillRect(0, Math.min(95, zero), canvas.width, 1);
  for (const mark of scale.ticks.slice(1, -1)) ink.fillRect(0, y(mark), canvas.width, 1);
}
