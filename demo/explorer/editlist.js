// The list of edits in words: pointing at one lights up what it changes, its button takes it away.

const lit = { edit: null };

function drawEditList() {
  const settled = edits.texts.length === edits.list.length;
  part('edit-list').replaceChildren(...edits.list.map((edit, i) => {
    const text = settled ? edits.texts[i] : `${edit.block}: ${edit.kind}…`;
    const remove = make('button', { type: 'button', 'aria-label': `Delete: ${text}`, text: '×' });
    remove.addEventListener('click', () => removeEdit(i));
    const line = make('li', {}, make('span', { text }), remove);
    for (const name of ['pointerenter', 'focusin']) line.addEventListener(name, () => light(edit));
    for (const name of ['pointerleave', 'focusout']) line.addEventListener(name, () => light(null));
    return line;
  }));
  const count = edits.list.length;
  for (const name of ['edits-badge', 'edited']) {
    part(name).hidden = count === 0 || (name === 'edited' && view.tab !== 'change');
    part(name).textContent = name === 'edited' ? `edited: ${count} edit${count > 1 ? 's' : ''}` : `edits: ${count}`;
  }
  tabs.find((tab) => tab.dataset.tab === 'change').textContent = count ? `Change (${count})` : 'Change';
  part('undo').disabled = edits.past.length === 0;
  part('redo').disabled = edits.undone.length === 0;
  part('reset').disabled = count === 0;
  part('downloads').firstElementChild.textContent = count ? 'Download, edited' : 'Download';
  for (const what of ['everything', 'report', 'notebook']) part(`download-${what}`).title = count ? 'edited: so the file’s name says too' : '';
  part('edits-words').textContent = count
    ? 'In this order. Grey blocks are beyond their reach.'
    : 'No edits: this is what the model does by itself.';
}

function showEditTime() {
  const done = edits.milliseconds ? `${edits.milliseconds.toFixed(0)} ms` : '';
  part('edit-time').textContent = edits.inFlight ? 'running…' : done;
  element.dataset.edits = edits.inFlight || edits.waiting ? 'running' : 'settled';
}

function light(edit) {
  lit.edit = edit;
  if (!view.result?.blocks.length) return;
  blockmap.buttons.forEach((button) => button.classList.toggle('lit', edit !== null && button.dataset.block === edit.block));
  paintBars();
  drawLitCells();
}

function litHere() {
  return lit.edit && lit.edit.block === view.result.blocks[view.block].name ? lit.edit : null;
}

function isLit(channel) {
  const edit = litHere();
  return Boolean(edit) && (edit.channels ? edit.channels.includes(channel) : edit.branch === 'channel');
}

// Outlined: the painted cells of the lit edit, or the whole map where it acts on all of it.
function drawLitCells() {
  const edit = litHere();
  const rows = edit && edit.where;
  spatial.map.host.classList.toggle('lit', Boolean(edit) && edit.branch === 'spatial');
  let overlay = spatial.map.host.querySelector('.lit-cells');
  if (!overlay) {
    overlay = make('canvas', { class: 'lit-cells', 'aria-hidden': 'true' });
    spatial.map.host.append(overlay);
  }
  overlay.width = spatial.map.width;
  overlay.height = spatial.map.height;
  if (!rows) return;
  const ink = overlay.getContext('2d');
  ink.fillStyle = 'rgb(255, 60, 140)';
  rows.forEach((row, y) => [...row].forEach((mark, x) => { if (mark === '1') ink.fillRect(x, y, 1, 1); }));
}
