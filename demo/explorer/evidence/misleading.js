// The chosen block's map as other programs would draw it, and as it is.

import { ALL, drawLegend } from '../lib/cells.js';
import { make, part } from '../lib/dom.js';
import { onAnswer, onSettled } from '../state/answers.js';
import { free, trigger } from '../state/requests.js';
import { onTab, tabs } from '../state/tabs.js';
import { hasBlocks, here, onBlock, onLeaving, view } from '../state/view.js';

/** @type {string | null} the block whose pictures are there, or on their way */
let drawn = null;

export function mount() {
  onAnswer('misleading', drawPictures);
  onLeaving(forgetPictures);
  onBlock(askPictures);
  onTab(askPictures);
  onSettled(askPictures);
}

function askPictures() {
  if (tabs.current !== 'evidence' || !hasBlocks() || drawn === here() || !free()) return;
  drawn = here();
  trigger('misleading', { block: here() });
}

function drawPictures(value) {
  part('misleading-panel').hidden = false;
  part('misleading').replaceChildren(
    ...value.drawings.map(({ habit, src, caption, honest }) => {
      const picture = make('img', { src, alt: `${habit}: ${caption}` });
      picture.style.aspectRatio = `${view.result.crop.width} / ${view.result.crop.height}`;
      const figure = make(
        'figure',
        { class: honest ? 'honest' : null, 'data-habit': habit },
        make('figcaption', { text: habit }),
        picture,
      );
      if (honest) {
        const legend = make('div', { class: 'legend' });
        drawLegend(legend, view.result.gate, ALL);
        figure.append(legend);
      }
      figure.append(make('p', { class: 'readout', text: caption }));
      return figure;
    }),
  );
}

function forgetPictures() {
  drawn = null;
  part('misleading-panel').hidden = true;
}
