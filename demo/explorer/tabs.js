// One page, several views: a tab chooses which panels are there. The photo stays at their side.

const tabs = [...part('tabs').children];

function openTab(name) {
  view.tab = tabs.some((tab) => tab.dataset.tab === name) ? name : 'look';
  element.dataset.tab = view.tab;
  for (const tab of tabs) {
    const chosen = tab.dataset.tab === view.tab;
    tab.setAttribute('aria-selected', chosen);
    tab.tabIndex = chosen ? 0 : -1;
  }
  for (const panel of element.querySelectorAll('[data-tabs]')) {
    panel.classList.toggle('elsewhere', !panel.dataset.tabs.split(' ').includes(view.tab));
  }
  const reading = view.tab === 'read';
  for (const name of ['title', 'layout', 'text']) part(name).classList.toggle('elsewhere', reading);
  showReading(reading);
  if (!view.result) return;
  drawEditList();
  drawMarks(view.result);
  if (view.result.blocks.length) drawGates();
  else drawPair();
  openedBlock();
  writeText();
  toAddress();
}

for (const tab of tabs) tab.addEventListener('click', () => openTab(tab.dataset.tab));
part('tabs').addEventListener('keydown', (event) => {
  const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  if (!step) return;
  event.preventDefault();
  const now = tabs.findIndex((tab) => tab.dataset.tab === view.tab);
  const next = tabs[(now + step + tabs.length) % tabs.length];
  openTab(next.dataset.tab);
  next.focus();
});

// What a tab needs from the network for the block that is chosen; asked for when the tab is open.
function openedBlock() {
  if (view.tab === 'walk') askWalk();
  if (view.tab === 'evidence') askLies();
  if (view.tab === 'compare') { if (moments.value) followBlock(); else askMoments(); }
}
