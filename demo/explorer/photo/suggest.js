// What is chosen is not what is shown: the button that runs it stands out.

import { part } from '../lib/dom.js';

export function suggestRun() {
  part('again').classList.add('primary');
}
