// Moved joints as arrows on the photo, in the view where the change was made.

import { svg } from '../lib/dom.js';
import { MOVED, headOf } from '../lib/skeleton.js';
import { secondResult } from '../state/showing.js';
import { view } from '../state/view.js';

export function arrowLayer(unit) {
  const [before, after] = [view.result.pose, secondResult()?.pose];
  if (!before || !after || after.names.length !== before.names.length) return [];
  const group = svg('g', { class: 'arrows' });
  before.keypoints.forEach(([x, y], joint) => {
    const [u, v] = after.keypoints[joint];
    const moved = Math.hypot(u - x, v - y);
    if (moved < MOVED) return;
    const angle = Math.atan2(v - y, u - x);
    const head = headOf(moved, 2.4 * unit);
    const barb = (turn) => `${u + 0.5 - head * Math.cos(angle + turn)} ${v + 0.5 - head * Math.sin(angle + turn)}`;
    const d = `M${x + 0.5} ${y + 0.5}L${u + 0.5} ${v + 0.5}M${barb(0.5)}L${u + 0.5} ${v + 0.5}L${barb(-0.5)}`;
    for (const ink of ['under', 'over']) {
      const arrow = svg('path', { d, class: ink, 'data-arrow': joint });
      arrow.append(svg('title', {}, document.createTextNode(`${before.names[joint]} moved ${moved.toFixed(1)} px`)));
      group.append(arrow);
    }
  });
  return [group];
}
