// A step worked out: its formula with the numbers of the cell or channel that is pointed at.

import { signed } from '../lib/numbers.js';

const LARGEST_TERMS = 3;

// "1.20·0.31 + … + 25 others (0.42) = 2.11": the largest terms of a sum written out, the rest added up.
function sum(total, terms, name) {
  const order = terms
    .map((term, i) => ({ term, i }))
    .sort((a, b) => Math.abs(b.term[0] * b.term[1]) - Math.abs(a.term[0] * a.term[1]));
  const first = order.slice(0, LARGEST_TERMS);
  const written = first.map(({ term: [a, b], i }) => `${signed(a)}·${signed(b)} [${name} ${i}]`);
  const rest = total - first.reduce((so, { term: [a, b] }) => so + a * b, 0);
  return `${written.join(' + ')} + ${terms.length - first.length} others ${signed(rest)} = ${signed(total)}`;
}

/** @import { Norm, Stage, Weights } from './steps.js' */

/**
 * One step in numbers: sentences for the cell and the channels that are pointed at.
 *
 * @param {Stage} stage
 * @param {object} pointed
 * @param {Record<string, Stage>} pointed.of all tensors, by key
 * @param {Weights} pointed.weights of the block's convolutions, by key
 * @param {Norm | null} pointed.norm of its LayerNorm
 * @param {string} pointed.layout
 * @param {Stage} pointed.before the stage before this one
 * @param {{ column: number, row: number, cell: number, cells: number }} pointed.at
 * @param {number} pointed.channel
 * @param {number} pointed.inner
 * @returns {string[]}
 */
export function workedOut(stage, { of, weights, norm, layout, before, at, channel: c, inner: k }) {
  const column = (tensor) => Array.from({ length: tensor.shape[0] }, (_, i) => tensor.values[i * at.cells + at.cell]);
  const row = (weight, i) => weight.values.subarray(i * weight.shape[1], (i + 1) * weight.shape[1]);
  const source = of[stage.key.startsWith('spatial') && layout === 'sequential' ? 'z' : 'x'];
  const zip = (one, other) => Array.from(one, (value, i) => [value, other[i]]);
  const where = `cell ${at.column}, ${at.row}`;
  const exponentials = (values, i, name) => {
    const top = Math.max(...values);
    const total = values.reduce((so, value) => so + Math.exp(value - top), 0);
    return `${name}: exp(${signed(values[i])} − ${signed(top)}) / ${signed(total)} = ${signed(Math.exp(values[i] - top) / total)}; the largest value is taken off first, which changes nothing`;
  };
  const sigmoid = (value, name) =>
    `${name}: 1 / (1 + exp(−(${signed(value)}))) = ${signed(1 / (1 + Math.exp(-value)))}`;
  switch (stage.key) {
    case 'channel.query':
      return [
        `${where}: ${sum(stage.values[at.cell], zip(row(weights['channel.query'], 0), column(source)), 'channel')}`,
      ];
    case 'channel.softmax':
      return [
        exponentials(of['channel.query'].values, at.cell, where),
        `All ${at.cells} weights sum to 1; evenly spread, each would be ${signed(1 / at.cells)}.`,
      ];
    case 'channel.value':
    case 'spatial.value':
    case 'spatial.query':
      return [
        `inner channel ${k}, ${where}: ${sum(stage.values[k * at.cells + at.cell], zip(row(weights[stage.key], k), column(source)), 'channel')}`,
      ];
    case 'channel.product': {
      const values = of['channel.value'].values.subarray(k * at.cells, (k + 1) * at.cells);
      return [`inner channel ${k}: ${sum(stage.values[k], zip(values, of['channel.softmax'].values), 'cell')}`];
    }
    case 'channel.out': {
      const inner = of['channel.relu'] ?? of['channel.product'];
      return [`channel ${c}: ${sum(stage.values[c], zip(row(weights['channel.out'], c), inner.values), 'inner')}`];
    }
    case 'channel.norm':
      return norm ? [normalised(before.values, stage.values, norm, c)] : [`value ${k}: ${signed(stage.values[k])}`];
    case 'channel.gate':
      return [sigmoid(before.values[c], `channel ${c}`)];
    case 'spatial.pooled': {
      const values = of['spatial.query'].values.subarray(k * at.cells, (k + 1) * at.cells);
      return [
        `inner channel ${k}: ${signed(values.reduce((so, value) => so + value, 0))} / ${at.cells} cells = ${signed(stage.values[k])}`,
      ];
    }
    case 'spatial.softmax':
      if (stage.axes === 'c') return [exponentials(of['spatial.pooled'].values, k, `inner channel ${k}`)];
      if (stage.axes === 'HW') return [exponentials(of['spatial.product'].values, at.cell, where)];
      return [
        exponentials(
          of['spatial.value'].values.subarray(k * at.cells, (k + 1) * at.cells),
          at.cell,
          `inner channel ${k}, ${where}`,
        ),
      ];
    case 'spatial.product': {
      const weight = of['spatial.softmax']?.axes === 'c' ? of['spatial.softmax'] : of['spatial.pooled'];
      const values = of['spatial.softmax']?.axes === 'cHW' ? of['spatial.softmax'] : of['spatial.value'];
      return [`${where}: ${sum(stage.values[at.cell], zip(weight.values, column(values)), 'inner')}`];
    }
    case 'spatial.gate':
      return [sigmoid(before.values[at.cell], where)];
    case 'gain':
      return [
        `channel ${c}, ${where}: ${signed(of['channel.gate'].values[c])} + ${signed(of['spatial.gate'].values[at.cell])} = ${signed(stage.values[c * at.cells + at.cell])}`,
      ];
    case 'z':
      return [
        `channel ${c}, ${where}: ${signed(of['channel.gate'].values[c])} · ${signed(column(of.x)[c])} = ${signed(column(stage)[c])}`,
      ];
    case 'y':
      return layout === 'parallel'
        ? [
            `channel ${c}, ${where}: ${signed(column(of.gain)[c])} · ${signed(column(of.x)[c])} = ${signed(column(stage)[c])}`,
          ]
        : [
            `channel ${c}, ${where}: ${signed(of['spatial.gate'].values[at.cell])} · ${signed(column(of.z)[c])} = ${signed(column(stage)[c])}`,
          ];
    default:
      return stage.axes.length === 3 ? [`channel ${c}, ${where}: ${signed(column(stage)[c])}`] : [];
  }
}

function normalised(values, found, norm, c) {
  const mean = values.reduce((so, value) => so + value, 0) / values.length;
  const variance = values.reduce((so, value) => so + (value - mean) ** 2, 0) / values.length;
  return `channel ${c}: (${signed(values[c])} − mean ${signed(mean)}) / sd ${signed(Math.sqrt(variance + norm.epsilon))} · gain ${signed(norm.gain[c])} + offset ${signed(norm.offset[c])} = ${signed(found[c])}`;
}
