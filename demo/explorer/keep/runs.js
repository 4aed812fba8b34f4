// Earlier results of this visitor: shown again from the server's memory, without running anything.

import { make, part } from '../lib/dom.js';
import { onAnswer, onAnyAnswer } from '../state/answers.js';
import { ask, say } from '../state/requests.js';

export function mount() {
  onAnswer('kept', () => say('Kept: this state is the first of the earlier results, below the photo.'));
  onAnyAnswer(({ runs }) => {
    if (runs) drawRuns(runs);
  });
}

function drawRuns(runs) {
  part('runs-box').hidden = runs.length < 2;
  part('runs').replaceChildren(
    ...runs.map(({ number, label }) => {
      const button = make('button', { type: 'button', class: 'link', text: label, 'data-run': number });
      button.addEventListener('click', () => ask('restore', { run: number }, 'opening an earlier result…'));
      return make('li', {}, button);
    }),
  );
}
