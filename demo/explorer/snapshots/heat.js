// The joints' heatmaps at one snapshot, all on one scale.

import { byHeat, cellMap, drawLegend, paintCells } from '../lib/cells.js';
import { make, part } from '../lib/dom.js';
import { snapshots } from './training.js';
import { restored } from './words.js';

/** @type {{ joint: number, map: import('../lib/cells.js').CellMap, numbers: HTMLElement, tile: HTMLElement }[]} */
let tiles = [];

/** @param {import('./training.js').Training} training */
export function drawTiles({ pose, crop }) {
  tiles = !pose
    ? []
    : pose.order.map((joint) => {
        const host = make('span', { class: 'map' });
        const map = cellMap(host, null);
        map.size(pose.width, pose.height, `${crop.width} / ${crop.height}`);
        map.back.src = crop.src;
        const numbers = make('span', { class: 'numbers' });
        const name = make(
          'span',
          { class: 'name' },
          make('i', { style: { background: pose.colours[joint] } }),
          pose.names[joint],
        );
        return { joint, map, numbers, tile: make('div', { class: 'tile', role: 'img' }, name, host, numbers) };
      });
  part('snapshots-tiles').classList.add('over');
  part('snapshots-tiles').replaceChildren(...tiles.map(({ tile }) => tile));
  if (pose) {
    drawLegend(part('snapshots-heat-legend'), pose.scale, byHeat);
    part('snapshots-heat-legend').classList.add('over');
  }
}

/** @param {number} at */
export function drawSnapshotHeat(at) {
  const { pose } = snapshots.value;
  if (!pose) return;
  const size = pose.width * pose.height;
  const peak = (snapshot, joint) => pose.heatmaps.limits[2 * (snapshot * pose.names.length + joint) + 1].toFixed(3);
  tiles.forEach(({ joint, map, numbers, tile }) => {
    paintCells(
      map.canvas,
      restored(pose.heatmaps, at * pose.names.length + joint, size),
      pose.width,
      pose.height,
      pose.scale,
      byHeat,
    );
    numbers.textContent = `${peak(0, joint)} → ${peak(at, joint)}`;
    tile.setAttribute('aria-label', `${pose.names[joint]}: highest cell ${numbers.textContent}`);
  });
}
