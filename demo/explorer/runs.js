// Earlier results of this visitor: shown again from the server's memory, without running anything.

function drawRuns(runs) {
  part('runs-box').hidden = runs.length < 2;
  part('runs').replaceChildren(...runs.map(({ number, label }) => {
    const button = make('button', { type: 'button', class: 'link', text: label, 'data-run': number });
    button.addEventListener('click', () => {
      if (!free()) return;
      say('');
      setBusy('opening an earlier result…');
      trigger('restore', { run: number });
    });
    return make('li', {}, button);
  }));
}
