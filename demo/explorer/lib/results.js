// What the server sends, with its numbers as arrays and its scales with their colours.

import { readScale } from './colour.js';
import { floats } from './numbers.js';
import { readOther, readOutput } from './outputs.js';

export function readResult(facts) {
  const result = { ...facts, gate: facts.gate && readScale(facts.gate) };
  if (facts.pose) {
    const { width, height } = facts.pose;
    const all = floats(facts.pose.heatmaps);
    result.pose = {
      ...facts.pose,
      shared: readScale(facts.pose.shared),
      own: facts.pose.own.map(readScale),
      maps: facts.pose.names.map((_, joint) => all.subarray(joint * width * height, (joint + 1) * width * height)),
    };
  }
  if (facts.segmentation) {
    const { probabilities, scale } = facts.segmentation;
    result.segmentation = { ...facts.segmentation, probabilities: floats(probabilities), scale: readScale(scale) };
  }
  result.blocks = facts.blocks.map((block) => ({
    ...block,
    channelGate: floats(block.channel),
    spatialGate: floats(block.spatial),
    channelStretched: readScale(block.channelStretched),
    spatialStretched: readScale(block.spatialStretched),
  }));
  result.outputs = facts.outputs.map(readOutput);
  result.others = facts.others.map(readOther);
  if (facts.map) {
    const read = (one) => ({ ...one, absolute: readScale(one.absolute), fitted: readScale(one.fitted) });
    result.map = { ...facts.map, statistics: facts.map.statistics.map(read) };
  }
  return result;
}

export function readChange(change) {
  const gates = Object.entries(change.gates).map(([name, scales]) => [
    name,
    { channel: readScale(scales.channel), spatial: readScale(scales.spatial) },
  ]);
  return {
    ...change,
    heatmaps: change.heatmaps && readScale(change.heatmaps),
    probabilities: change.probabilities && readScale(change.probabilities),
    gates: Object.fromEntries(gates),
    outputs: change.outputs.map((one) => ({ ...one, scale: one.scale && readScale(one.scale) })),
  };
}

/** The second result, with the blocks that were not reached taken from the first: the very same objects. */
export function readAfter({ after, change, statistics }, result) {
  const read = readResult({ ...after, gate: null, map: null });
  const fresh = new Map(read.blocks.map((block) => [block.name, block]));
  const blocks = result.blocks.map((block) => fresh.get(block.name) ?? block);
  return { ...read, blocks, statistics, change: readChange(change) };
}

/** The block whose spatial gate says most, so that the first thing to see is not a flat one. */
export function mostVaried(result) {
  if (!result.map) return 0;
  const { values } = result.map.statistics[0];
  return values.indexOf(Math.max(...values));
}

/** Classes that are the likeliest of some cell: one without any has no place to be explained. */
export function predictedClasses({ names, width, height, probabilities }) {
  const found = new Set();
  for (let cell = 0; cell < width * height; cell += 1) {
    let best = 0;
    for (let k = 1; k < names.length; k += 1) {
      if (probabilities[k * width * height + cell] > probabilities[best * width * height + cell]) best = k;
    }
    found.add(best);
  }
  return [...found].sort((a, b) => a - b);
}
