// What the tests of state share: a server that keeps what it was asked, and results as small as they can be.

import { answered } from '../../demo/explorer/state/answers.js';
import { connect } from '../../demo/explorer/state/requests.js';

export const asked = [];

connect({
  trigger: (name, request) => asked.push([name, request]),
  server: { status: async () => ({}), line: async () => 0, leave: async () => null },
  upload: async () => null,
  there: () => false,
  model: () => 'm',
});

export const base64 = (values) => Buffer.from(new Float32Array(values).buffer).toString('base64');
const SCALE = { low: 0, high: 1, constant: false, colours: 'grey', ticks: [], tickLabels: [] };

export const block = (name, channel = [0.5, 0.25], spatial = [0, 1, 0, 1]) => ({
  name,
  width: 2,
  height: 2,
  channels: channel.length,
  channel: base64(channel),
  spatial: base64(spatial),
  channelStretched: SCALE,
  spatialStretched: SCALE,
});

export const result = (...names) => ({
  kind: 'result',
  model: 'm',
  example: 'e',
  gate: SCALE,
  crop: { box: [0, 0, 8, 8], width: 8, height: 8, stride: 4 },
  blocks: names.map((name) => block(name)),
  map: null,
  pose: null,
  segmentation: null,
  outputs: [],
  others: [],
});

/** The answer to edits that reach these blocks. */
export const changed = (n, reached, texts) => ({
  kind: 'change',
  n,
  texts,
  reached,
  after: { ...result(), blocks: reached.map((name) => block(name, [0, 0], [0, 0, 0, 0])) },
  change: { gates: {}, outputs: [], heatmaps: null, probabilities: null, joints: [], classes: [], sentences: [] },
});

/** Another result, as if the visitor had opened it; another model's comes before it, so that no edits are kept. */
export function open(...names) {
  answered({ ...result(), model: 'none' });
  answered(result(...names));
  asked.splice(0);
}
