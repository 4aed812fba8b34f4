// Joins state and panels, and draws what the server sends.

import { fromAddress } from './keep/address.js';
import { part, setElement } from './lib/dom.js';
import { answered, onSettled } from './state/answers.js';
import { arrived } from './state/arrival.js';
import { sendWaiting } from './state/edits.js';
import { readOffer } from './state/offer.js';
import { connect, poll } from './state/requests.js';
import { openTab } from './state/tabs.js';

import * as brush from './change/brush.js';
import * as channelTools from './change/channel_tools.js';
import * as editlist from './change/editlist.js';
import * as effect from './change/effect.js';
import * as elsewhere from './change/elsewhere.js';
import * as off from './change/off.js';
import * as changeTables from './change/tables.js';
import * as compare from './compare/compare.js';
import * as switchboard from './compare/switchboard.js';
import * as credits from './evidence/credits.js';
import * as curves from './evidence/curves.js';
import * as misleading from './evidence/misleading.js';
import * as ranks from './evidence/ranks.js';
import * as sanity from './evidence/sanity.js';
import * as target from './evidence/target.js';
import * as test from './evidence/test.js';
import * as status from './frame/status.js';
import * as frameTabs from './frame/tabs.js';
import * as title from './frame/title.js';
import * as blockmap from './gates/blockmap.js';
import * as channels from './gates/channels.js';
import * as spatial from './gates/spatial.js';
import * as address from './keep/address.js';
import * as downloads from './keep/downloads.js';
import * as runs from './keep/runs.js';
import * as live from './live/live.js';
import * as clip from './clip/clip.js';
import * as block from './look/block.js';
import * as heatmaps from './look/heatmaps.js';
import * as parsing from './look/parsing.js';
import * as lookTables from './look/tables.js';
import * as snapshots from './snapshots/snapshots.js';
import * as others from './own/others.js';
import * as outputs from './own/outputs.js';
import * as pair from './pair/pair.js';
import * as ask from './photo/ask.js';
import * as box from './photo/box.js';
import * as doubts from './photo/doubts.js';
import * as enlarged from './photo/enlarged.js';
import * as people from './photo/people.js';
import * as peek from './photo/peek.js';
import * as photo from './photo/photo.js';
import * as pointing from './frame/pointing.js';
import * as sources from './photo/sources.js';
import * as truth from './photo/truth.js';
import * as reading from './read/reading.js';
import * as intro from './story/intro.js';
import * as story from './story/story.js';
import * as text from './text/text.js';
import * as tour from './tour/tour.js';
import * as formulas from './walk/formulas.js';
import * as graph from './walk/graph.js';
import * as playing from './walk/playing.js';
import * as walk from './walk/steps.js';

/** In the order in which they are told what happens. */
const PANELS = [
  ask,
  status,
  title,
  intro,
  story,
  frameTabs,
  pointing,
  photo,
  peek,
  people,
  doubts,
  enlarged,
  truth,
  box,
  sources,
  live,
  clip,
  heatmaps,
  parsing,
  outputs,
  others,
  blockmap,
  block,
  channels,
  spatial,
  lookTables,
  off,
  effect,
  elsewhere,
  editlist,
  channelTools,
  brush,
  changeTables,
  pair,
  compare,
  switchboard,
  snapshots,
  walk,
  graph,
  playing,
  formulas,
  target,
  test,
  curves,
  credits,
  ranks,
  sanity,
  tour,
  misleading,
  reading,
  text,
  runs,
  downloads,
  address,
];

let mounted = false;

/**
 * Called once by the component, when its HTML is there.
 *
 * @param {object} ctx what the framework gives to a component's script
 * @param {HTMLElement} ctx.element
 * @param {{ value: string, offer: string }} ctx.props JSON of the first result (demo.payload), and of demo.offers
 * @param {(name: string, request: object) => void} ctx.trigger
 * @param {(name: string, changed: () => void) => void} ctx.watch
 * @param {import('./state/requests.js').Server} ctx.server
 * @param {(file: File) => Promise<{ path?: string } | null>} ctx.upload
 */
export function mount({ element, props, trigger, watch, server, upload }) {
  if (mounted) {
    location.reload(); // modules live once for each page; the address keeps the view
    return;
  }
  mounted = true;
  setElement(element);
  readOffer(props.offer);
  connect({ trigger, server, upload, there: () => element.isConnected, model: () => part('model-choice').value });
  onSettled(arrived); // before anything else that had waited
  onSettled(sendWaiting);
  for (const panel of PANELS) panel.mount();
  const show = () => answered(JSON.parse(props.value));
  watch('value', show);
  show();
  openTab('look');
  fromAddress(location.hash);
  poll();
}
