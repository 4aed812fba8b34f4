// The tensors that a network of somebody's own returned, and what is said of its other attention, as arrays.

import { readScale } from './colour.js';
import { floats } from './numbers.js';

/**
 * @typedef {object} Output
 * @property {string} name its path in what the network returned
 * @property {number[]} shape
 * @property {number} channels
 * @property {number} width in cells
 * @property {number} height
 * @property {boolean} row one row of numbers, such as class scores
 * @property {boolean} placed whether its cells lie on places of the photo
 * @property {boolean} explainable whether its numbers can be a target
 * @property {number} sent how many of its channels are here
 * @property {Float32Array} all their values
 */

/** @param {any} facts as demo.outputs sends them @returns {any} */
export function readOutput(facts) {
  if (facts.same) return facts;
  return {
    ...facts,
    values: null,
    all: floats(facts.values),
    own: facts.own.map(readScale),
    shared: facts.shared && readScale(facts.shared),
  };
}

/** One channel's values. @param {any} output @param {number} channel */
export function channelOf({ all, width, height }, channel) {
  return all.subarray(channel * width * height, (channel + 1) * width * height);
}

/** The second result's tensor of that name: the first one's where it is the same, null where there is none of its shape. */
export function counterpart(output, second) {
  const found = second?.outputs.find(({ name }) => name === output.name);
  if (found?.same) return output;
  return found && String(found.shape) === String(output.shape) ? found : null;
}

/** The channel in which most happens. @param {any} output */
export const mostVariedChannel = ({ spread }) => Math.max(0, spread.indexOf(Math.max(...spread)));

/** @param {any} facts of an attention of another kind, as demo.others sends them */
export function readOther(facts) {
  const read = (site) => ({
    ...site,
    values: site.values && floats(site.values),
    scale: site.scale && readScale(site.scale),
  });
  return { ...facts, sites: facts.sites.map(read) };
}

/** A number of unknown meaning: four digits that count. @param {number} value */
export const plainNumber = (value) =>
  Number.isFinite(value) ? String(Number(value.toPrecision(4))).replace('-', '\u2212') : 'not finite';
