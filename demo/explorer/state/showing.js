// What the open tab shows: untouched or edited gates, and which second result stands beside the first. The panels that
// draw either are told here, whatever the reason; then all are told the focus again.

import { signal } from '../lib/signal.js';
import { compared } from './compared.js';
import { edits, onAfter } from './edits.js';
import { tell } from './focus.js';
import { atThisMoment, onLiveGates } from './live.js';
import { onTab, tabs } from './tabs.js';
import { onBlock, view } from './view.js';

// stroke.js comes first: when an answer arrives, it lets go of the stroke before the gates are drawn.
import './stroke.js';

const redrawn = signal();

export const onGates = redrawn.subscribe;

/** The chosen block as the open tab has it: edited where edits are made, untouched everywhere else. */
export const shownBlock = () => blockAt(view.block);

/** The same for any block. @param {number} index */
export const blockAt = (index) =>
  atThisMoment((tabs.current === 'change' && edits.after ? edits.after : view.result).blocks[index]);

/** The result beside the first one, if the open tab has one. */
export const secondResult = () => ({ change: edits.after, compare: compared.result })[tabs.current] ?? null;

function redraw() {
  if (!view.result) return;
  redrawn.tell();
  tell();
}

onBlock(redraw);
onTab(redraw);
onAfter(redraw);
onLiveGates(redraw);
