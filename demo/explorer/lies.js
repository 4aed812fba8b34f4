// The chosen block's map as other programs would draw it, and as it is.

const lies = { block: null };

function askLies() {
  if (!view.result?.blocks.length || lies.block === here() || !free()) return;
  lies.block = here();
  trigger('lies', { block: here() });
}

function answeredLies(value) {
  part('lies-panel').hidden = false;
  part('lies').replaceChildren(...value.drawings.map(({ habit, src, caption, honest }) => {
    const picture = make('img', { src, alt: `${habit}: ${caption}` });
    picture.style.aspectRatio = `${view.result.crop.width} / ${view.result.crop.height}`;
    const figure = make('figure', { class: honest ? 'honest' : null, 'data-habit': habit }, make('figcaption', { text: habit }), picture);
    if (honest) {
      const legend = make('div', { class: 'legend' });
      drawLegend(legend, view.result.gate, ALL);
      figure.append(legend);
    }
    figure.append(make('p', { class: 'readout', text: caption }));
    return figure;
  }));
}

function forgetLies() {
  lies.block = null;
  part('lies-panel').hidden = true;
  if (view.tab === 'evidence') queueMicrotask(askLies);
}
