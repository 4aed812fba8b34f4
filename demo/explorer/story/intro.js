// The two small pictures beside the sentence: both gates of the chosen block, as they are.

import { ALL, paintCells } from '../lib/cells.js';
import { colourOf } from '../lib/colour.js';
import { inkOf, part } from '../lib/dom.js';
import { chosenBlock, hasBlocks, onBlock, view } from '../state/view.js';

const HIGH = 44; // pixels of the picture

export function mount() {
  onBlock(drawIntro);
}

function drawIntro() {
  part('intro').hidden = !hasBlocks();
  if (!hasBlocks()) return;
  const block = chosenBlock();
  paintBars(part('intro-bars'), block.channelGate, view.result.gate);
  part('intro-bars').setAttribute('aria-label', `One weight per channel of ${block.name}: ${block.channelWords}`);
  paintCells(part('intro-map'), block.spatialGate, block.width, block.height, view.result.gate, ALL);
  part('intro-map').setAttribute('aria-label', `One number per place of ${block.name}: ${block.spatialWords}`);
}

/**
 * Every weight as a bar from 0 to 1, without axis or words.
 *
 * @param {HTMLCanvasElement} canvas
 * @param {Float32Array} gate
 * @param {import('../lib/colour.js').Scale} scale
 */
export function paintBars(canvas, gate, scale, high = 2 * HIGH) {
  const wide = Math.max(1, Math.round((4 * HIGH) / gate.length));
  Object.assign(canvas, { width: wide * gate.length, height: high });
  const ink = inkOf(canvas);
  gate.forEach((value, channel) => {
    ink.fillStyle = colourOf(scale, value);
    ink.fillRect(wide * channel, high * (1 - value), Math.max(wide - 1, 0.7), high * value);
  });
}
