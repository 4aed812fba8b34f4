// The numbers of the chosen block, put where the reading page speaks of them.

import { ends } from '../lib/numbers.js';
import { onTab, tabs } from '../state/tabs.js';
import { view } from '../state/view.js';

export function mount() {
  onTab(() => showReading(tabs.current === 'read'));
}

function readingFacts() {
  const block = view.result?.blocks[view.block];
  if (!block) return null;
  const range = (values) =>
    ends(values)
      .map((value) => value.toFixed(4))
      .join(' to ');
  const cells = block.width * block.height;
  const parallel = block.layout === 'parallel';
  const [low, high] = ends(block.spatialGate);
  const [least, most] = ends(block.channelGate);
  const gain = (c, s) => (parallel ? c + s : c * s).toFixed(4);
  return {
    block: block.name,
    model: view.result.model,
    layout: block.layout,
    formula: block.formula,
    C: block.channels,
    half: block.channels / 2,
    size: `${block.height} × ${block.width}`,
    cells,
    weights: range(block.channelGate),
    map: range(block.spatialGate),
    gain: `${gain(least, low)} to ${gain(most, high)}`,
    meet: parallel ? 'weight + map' : 'weight × map',
  };
}

// The page's text is another component, which may come later than this one.
function showReading(open) {
  const page = document.querySelector('#read');
  if (!page?.querySelector('[data-live]')) {
    if (open) setTimeout(() => showReading(tabs.current === 'read'), 50);
    return;
  }
  page.classList.toggle('open', open);
  if (open) fillReading();
}

function fillReading() {
  const facts = readingFacts();
  for (const place of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll('#read [data-live]'))) {
    place.textContent = facts ? facts[place.dataset.live] : '–';
  }
  for (const words of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll('#read [data-without]'))) {
    words.hidden = Boolean(facts);
  }
}
