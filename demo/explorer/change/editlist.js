// The list of edits in words: pointing at one lights up what it changes, its button takes it away.

import { element, make, part } from '../lib/dom.js';
import { edits, onAfter, onEdits, onTiming, redo, removeEdit, resetEdits, undo } from '../state/edits.js';
import { light } from '../state/lit.js';
import { free, requests, trigger } from '../state/requests.js';
import { onTab, tabs } from '../state/tabs.js';

export function mount() {
  part('undo').addEventListener('click', undo);
  part('redo').addEventListener('click', redo);
  part('reset').addEventListener('click', resetEdits);
  part('keep-state').addEventListener('click', () => {
    if (free()) trigger('keep', {});
  });
  element.addEventListener('keydown', (event) => {
    const wanted = (event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 'z';
    if (tabs.current !== 'change' || !wanted || event.target.matches('input')) return;
    event.preventDefault();
    if (event.shiftKey) redo();
    else undo();
  });
  onEdits(drawEditList);
  onAfter(drawEditList);
  onTab(drawEditList);
  onTiming(showEditTime);
}

function drawEditList() {
  const settled = edits.texts.length === edits.list.length;
  part('edit-list').replaceChildren(
    ...edits.list.map((edit, i) => {
      const text = settled ? edits.texts[i] : `${edit.block}: ${edit.kind}…`;
      const remove = make('button', { type: 'button', 'aria-label': `Delete: ${text}`, text: '×' });
      remove.addEventListener('click', () => removeEdit(i));
      const line = make('li', {}, make('span', { text }), remove);
      for (const name of ['pointerenter', 'focusin']) line.addEventListener(name, () => light(edit));
      for (const name of ['pointerleave', 'focusout']) line.addEventListener(name, () => light(null));
      return line;
    }),
  );
  const count = edits.list.length;
  for (const name of ['edits-badge', 'edited']) {
    part(name).hidden = count === 0 || (name === 'edited' && tabs.current !== 'change');
    part(name).textContent = name === 'edited' ? `edited: ${count} edit${count > 1 ? 's' : ''}` : `edits: ${count}`;
  }
  part('undo').disabled = edits.past.length === 0;
  part('redo').disabled = edits.undone.length === 0;
  part('reset').disabled = count === 0;
  part('downloads').firstElementChild.textContent = count ? 'Download, edited' : 'Download';
  for (const what of ['everything', 'report', 'notebook']) {
    part(`download-${what}`).title = count ? 'edited: so the file’s name says too' : '';
  }
  part('edits-words').textContent = wordsOf(count);
}

function wordsOf(count) {
  const { kept, dropped } = edits.carried ?? { kept: 0, dropped: 0 };
  const many = (number) => `${number} edit${number > 1 ? 's' : ''}`;
  if (kept) {
    return `${many(kept)} kept from the last photo; now on this one. Reset takes ${kept > 1 ? 'them' : 'it'} away.`;
  }
  if (dropped) return `${many(dropped)} dropped: made for another model or for maps of another size.`;
  return count
    ? 'In this order. Grey blocks are beyond their reach.'
    : 'No edits: this is what the model does by itself.';
}

function showEditTime() {
  const done = edits.milliseconds ? `${edits.milliseconds.toFixed(0)} ms` : '';
  part('edit-time').textContent = requests.edits ? 'running…' : done;
  element.dataset.edits = requests.edits || edits.waiting ? 'running' : 'settled';
}
