// Lines over one axis from 0 to 1, with a band where a line is a mean of draws. No library: six lines and two axes.

const CHART = { width: 520, height: 270, left: 48, right: 10, top: 22, bottom: 34 };

// series: [{ name, mean: [], low: [], high: [], style: { stroke, dash, width } }], all over the same x.
function lineChart(host, { x, series, xLabel, yLabel, low = null, high = null, label }) {
  const values = series.flatMap((one) => [...one.low, ...one.high, ...one.mean]);
  const bottom = low ?? Math.min(...values);
  const top = high ?? Math.max(...values);
  const span = top > bottom ? top - bottom : 1;
  const across = (value) => CHART.left + value * (CHART.width - CHART.left - CHART.right);
  const up = (value) => CHART.height - CHART.bottom - ((value - bottom) / span) * (CHART.height - CHART.top - CHART.bottom);
  const points = (numbers) => numbers.map((value, i) => `${across(x[i]).toFixed(1)} ${up(value).toFixed(1)}`);
  const words = (text, place) => svg('text', place, document.createTextNode(text));
  const grid = [0, 0.25, 0.5, 0.75, 1].flatMap((part) => {
    const value = bottom + part * span;
    return [
      svg('path', { class: 'grid', d: `M${CHART.left} ${up(value)}H${CHART.width - CHART.right}` }),
      words(axisNumber(value, span), { x: CHART.left - 5, y: up(value) + 4, class: 'tick', 'text-anchor': 'end' }),
      words(`${100 * part}%`, { x: across(part), y: CHART.height - CHART.bottom + 14, class: 'tick', 'text-anchor': 'middle' }),
    ];
  });
  const lines = series.flatMap(({ name, mean, low: least, high: most, style }) => {
    const line = svg('path', { class: 'line', d: `M${points(mean).join('L')}`, stroke: style.stroke, 'stroke-width': style.width ?? 1.8, 'stroke-dasharray': style.dash ?? 'none', 'data-line': name });
    line.append(svg('title', {}, document.createTextNode(name)));
    const wide = most.some((value, i) => value > least[i]);
    return wide ? [svg('path', { class: 'band', d: `M${[...points(most), ...points(least).reverse()].join('L')}Z`, fill: style.stroke }), line] : [line];
  });
  const picture = svg('svg', { class: 'chart', viewBox: `0 0 ${CHART.width} ${CHART.height}`, role: 'img', 'aria-label': label });
  picture.append(
    ...grid, ...lines,
    words(xLabel, { x: across(0.5), y: CHART.height - 4, class: 'axis', 'text-anchor': 'middle' }),
    words(yLabel, { x: 2, y: 11, class: 'axis' }),
  );
  host.replaceChildren(picture);
}

function axisNumber(value, span) {
  const places = Math.min(6, Math.max(0, 2 - Math.floor(Math.log10(span))));
  return value.toFixed(places).replace('-', '\u2212');
}
