// The tabs, and which panels are there. The photo stays at their side.

import { element, part } from '../lib/dom.js';
import { edits, onAfter, onEdits } from '../state/edits.js';
import { TABS, onTab, openTab, tabs } from '../state/tabs.js';

const buttons = () => [...part('tabs').children];

export function mount() {
  for (const button of buttons()) button.addEventListener('click', () => openTab(button.dataset.tab));
  part('tabs').addEventListener('keydown', (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const now = TABS.indexOf(tabs.current);
    openTab(TABS[(now + step + TABS.length) % TABS.length]);
    buttons()
      .find((button) => button.dataset.tab === tabs.current)
      .focus();
  });
  onTab(showPanels);
  onEdits(countEdits);
  onAfter(countEdits);
}

function showPanels() {
  element.dataset.tab = tabs.current;
  for (const button of buttons()) {
    const chosen = button.dataset.tab === tabs.current;
    button.setAttribute('aria-selected', chosen);
    button.tabIndex = chosen ? 0 : -1;
  }
  for (const panel of element.querySelectorAll('[data-tabs]')) {
    panel.classList.toggle('elsewhere', !panel.dataset.tabs.split(' ').includes(tabs.current));
  }
  for (const name of ['title', 'layout', 'text']) part(name).classList.toggle('elsewhere', tabs.current === 'read');
}

function countEdits() {
  const count = edits.list.length;
  buttons().find((button) => button.dataset.tab === 'change').textContent = count ? `Change (${count})` : 'Change';
}
