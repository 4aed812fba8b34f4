// The pictures that move in the story: the crop, feature maps before and after, bars, the map and the prediction.

import { ALL, paintCells } from '../lib/cells.js';
import { colourOf, readScale } from '../lib/colour.js';
import { make } from '../lib/dom.js';
import { maskPixels, paintClasses } from '../lib/masks.js';
import { floats } from '../lib/numbers.js';
import { paintJoints } from '../lib/skeleton.js';
import { paintBars } from './intro.js';

const SKELETON = 512; // pixels of the longer side of the picture of the prediction

/** @import { Block, Result } from '../lib/results.js' */
/** @import { StoryFacts } from '../types.js' */

/**
 * The story of a result that has one, and the block that it is of.
 *
 * @param {Result} result
 * @returns {{ story: StoryFacts, block: Block }}
 */
function storyOf({ story, blocks }) {
  const block = blocks.find((one) => one.name === story?.block);
  if (!story || !block) throw new Error('this result has no story');
  return { story, block };
}

/** @param {Result} result @returns {import('./beats.js').Facts} what a story is told of */
export function factsOf(result) {
  const { crop, blocks, pose, segmentation } = result;
  const { story, block } = storyOf(result);
  const joints = pose && `${pose.names.length} joints, joined to a skeleton`;
  return {
    photo: crop.width / crop.height,
    map: block.width / block.height,
    weights: story.channels.map((channel) => block.channelGate[channel]),
    channels: block.channels,
    blocks: blocks.length,
    parallel: block.layout === 'parallel',
    ending: joints ?? `${segmentation?.names.length} classes, one for every pixel`,
  };
}

/** Name of an actor -> its element. @param {Result} result @returns {Promise<Record<string, HTMLElement>>} */
export async function actorsOf(result) {
  const { crop, gate } = result;
  const { story, block } = storyOf(result);
  const [before, after] = [story.before, story.after].map(floats);
  const cells = block.width * block.height;
  const scale = readScale(story.scale);
  const canvas = () => /** @type {HTMLCanvasElement} */ (make('canvas'));
  const cellsOf = (values, colours) => {
    const made = canvas();
    paintCells(made, values, block.width, block.height, colours, ALL);
    return made;
  };
  const actors = { photo: make('img', { src: crop.src, alt: '', draggable: 'false' }) };
  const maps = { card: before, out: after };
  for (const [word, values] of Object.entries(maps)) {
    story.channels.forEach((_, k) => {
      actors[`${word}${k}`] = cellsOf(values.subarray(k * cells, (k + 1) * cells), scale);
    });
  }
  story.channels.forEach((channel, k) => {
    actors[`bar${k}`] = make('span', { style: { background: colourOf(gate, block.channelGate[channel]) } });
    actors[`cover${k}`] = cellsOf(block.spatialGate, gate);
  });
  actors.bars = canvas();
  paintBars(actors.bars, block.channelGate, gate, 176);
  actors.map = cellsOf(block.spatialGate, gate);
  actors.skeleton = canvas();
  await paintPrediction(actors.skeleton, result);
  return actors;
}

/** @param {HTMLCanvasElement} canvas @param {Result} result */
async function paintPrediction(canvas, { crop, pose, segmentation }) {
  const factor = SKELETON / Math.max(crop.width, crop.height);
  Object.assign(canvas, { width: factor * crop.width, height: factor * crop.height });
  if (pose) paintJoints(canvas, pose, crop.box);
  else if (segmentation) paintClasses(canvas, await maskPixels(segmentation.mask), segmentation);
}
