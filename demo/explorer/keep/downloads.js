// What the visitor takes home: files that the server writes.

import { part } from '../lib/dom.js';
import { say, trigger } from '../state/requests.js';

export function mount() {
  for (const what of ['everything', 'report', 'notebook']) {
    part(`download-${what}`).addEventListener('click', () => {
      say('');
      trigger('download', { what });
    });
  }
}
