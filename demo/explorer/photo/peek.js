// The map of the block that is pointed at, over the photo and over the enlarged crop, on the scale of all gates.

import { HALF, paintCells } from '../lib/cells.js';
import { part } from '../lib/dom.js';
import { onPeek, peek } from '../state/peek.js';
import { blockAt } from '../state/showing.js';
import { hasBlocks, view } from '../state/view.js';

export function mount() {
  onPeek(drawPeek);
  drawPeek();
}

function drawPeek() {
  const block = hasBlocks() && peek.block !== null ? blockAt(peek.block) : null;
  for (const name of ['photo-peek', 'enlarged-peek']) {
    part(name).hidden = !block;
    if (block) paintCells(part(name), block.spatialGate, block.width, block.height, view.result.gate, HALF);
  }
}
