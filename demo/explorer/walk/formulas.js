// The same block under every formula: the printed terms, the code, the gates on the absolute scale, and the numbers.

import { ALL, cellMap, drawLegend, paintCells } from '../lib/cells.js';
import { paintVector } from '../lib/chart.js';
import { make, part, segmented } from '../lib/dom.js';
import { mathOf } from '../lib/mathml.js';
import { floats } from '../lib/numbers.js';
import { onAnswer } from '../state/answers.js';
import { ask } from '../state/requests.js';
import { here, view } from '../state/view.js';
import { writeText } from '../text/text.js';
import { onWalk, walk } from './steps.js';

const PRINTED = {
  'paper parallel': [
    'A_ch = sigmoid(LayerNorm(W_z (W_v X) a))',
    'A_sp = sigmoid(softmax over C/2 of GAP(W_q X), times W_v X)',
    'Y = A_ch X + A_sp X',
  ],
  'paper sequential': [
    'A_ch = sigmoid(LayerNorm(W_z (W_v X) a))',
    'A_sp = sigmoid(softmax over C/2 of GAP(W_q Z), times W_v Z)',
    'Z = A_ch X; Y = A_sp Z',
  ],
  'official parallel': [
    'A_ch = sigmoid(W_z (W_v X) a)',
    'A_sp = sigmoid(softmax over H·W of (GAP(W_q X) times W_v X))',
    'Y = A_ch X + A_sp X',
  ],
  'official sequential': [
    'A_ch = sigmoid(W_2 ReLU(LayerNorm(W_1 (W_v X) a)))',
    'A_sp = sigmoid(GAP(W_q Z), times softmax over H·W of W_v Z)',
    'Z = A_ch X; Y = A_sp Z',
  ],
};
/** @import { FormulaFacts } from '../types.js' */

/** @type {{ value: string, choose: (value: string) => void }} whose weights are shown */
let weights;

export function mount() {
  weights = segmented('formula-weights', 'same', chooseWeights);
  onWalk(drawOwn);
  onAnswer('trained', ({ rows }) => {
    drawFormulas(rows);
  });
}

/** Whether the models that were trained under each formula are shown, and not these weights under each. */
export const showsTrained = () => weights?.value === 'trained';

function chooseWeights() {
  if (!walk.value) return;
  if (showsTrained()) ask('trained', { block: here() }, 'the other models are looking…');
  else drawFormulas(walk.value.formulas);
}

function drawOwn() {
  if (!walk.value) {
    part('formulas').replaceChildren();
    return;
  }
  weights.choose('same');
  drawFormulas(walk.value.formulas);
  writeText();
}

function drawFormulas(rows) {
  const own = PRINTED[`${walk.value.formula} ${walk.value.layout}`];
  part('formulas').replaceChildren(...rows.map((row) => formulaCard(row, own)));
}

/** @param {FormulaFacts} row @param {string[]} own lines of the model's own formula */
function formulaCard(row, own) {
  const name = `${row.formula} ${row.layout}`;
  const lines = PRINTED[name].map((text, i) =>
    make('p', { class: text === own[i] ? 'formula' : 'formula other' }, mathOf(text)),
  );
  const same = row.formula === view.result.formula && row.layout === view.result.layout;
  const head = make('h4', {
    text: `${row.formula === 'paper' ? 'Paper' : 'Official code'}, ${row.layout}${same ? ' (this model’s)' : ''}`,
  });
  const code = make('code', { text: `PolarizedSelfAttention(C, layout="${row.layout}", formula="${row.formula}")` });
  if (!row.block) return make('article', {}, head, ...lines, code, make('p', { class: 'why', text: row.why }));
  const block = { ...row.block, channelGate: floats(row.block.channel), spatialGate: floats(row.block.spatial) };
  const bars_ = make('canvas', { role: 'img', 'aria-label': `Channel-only weights, ${name}: ${block.channelWords}` });
  paintVector(bars_, { values: block.channelGate, scale: view.result.gate });
  const host = make('span', { class: 'map' });
  const map = cellMap(host, `Spatial-only map, ${name}: ${block.spatialWords}`);
  map.size(block.width, block.height, `${block.width} / ${block.height}`);
  paintCells(map.canvas, block.spatialGate, block.width, block.height, view.result.gate, ALL);
  const legend = make('span', { class: 'legend' });
  drawLegend(legend, view.result.gate, ALL);
  return make(
    'article',
    {},
    head,
    make('p', {
      class: same ? 'trained' : 'trained other',
      text: row.model ? `${row.model}: ${row.label}` : row.label,
    }),
    ...lines,
    code,
    make('div', { class: 'formula-pictures' }, bars_, host),
    legend,
    make('p', { class: 'words', text: `channel: ${block.channelWords}` }),
    make('p', { class: 'words', text: `spatial: ${block.spatialWords}` }),
  );
}
