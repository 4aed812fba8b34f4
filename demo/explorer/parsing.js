// The parsing mask over the crop, its classes with the area of each, and the probabilities of one cell.

const parsing = { map: null, shown: [], pixels: null, rows: [] };

async function drawParsing(result) {
  part('parsing-panel').hidden = !result.segmentation;
  if (!result.segmentation) return;
  const { segmentation, crop } = result;
  const title = result.pose ? 'Parsing mask' : 'Segmentation mask';
  part('parsing-title').textContent = title;
  parsing.map ??= newParsingMap();
  parsing.map.size(segmentation.width, segmentation.height, `${crop.width} / ${crop.height}`);
  parsing.map.back.src = crop.src;
  const words = segmentation.names.map((name, k) => `${name} ${segmentation.percents[k]}`).join(', ');
  parsing.map.canvas.setAttribute('aria-label', `${title} over the crop: ${words}`);
  parsing.shown = allButBackground(segmentation);
  parsing.rows = segmentation.names.map((name, k) => classRow(segmentation, k));
  part('classes').replaceChildren(...parsing.rows.map((row) => row.line));
  const pixels = await maskPixels(segmentation.mask);
  if (view.result !== result) return;
  parsing.pixels = pixels;
  paintMask();
}

function newParsingMap() {
  const map = cellMap(part('parsing-map'), 'Parsing mask');
  followPointer(map.host, () => [map.width, map.height]);
  return map;
}

function classRow(segmentation, k) {
  const box = make('input', { type: 'checkbox', 'aria-label': `show ${segmentation.names[k]}` });
  box.checked = parsing.shown[k];
  box.addEventListener('change', () => { parsing.shown[k] = box.checked; paintMask(); });
  const swatch = make('i', { style: { background: segmentation.colours[k] } });
  const share = make('td', { class: 'share', text: segmentation.percents[k] });
  share.style.setProperty('--share', segmentation.shares[k]);
  const here = make('td', { class: 'here' });
  const line = make('tr', {}, make('th', { scope: 'row' }, make('label', {}, box, swatch, segmentation.names[k])), share, here);
  return { line, here };
}

// The mask at the photo's own sharpness (up to 384 pixels), each pixel one class; nothing is blended but the opacity.
function paintMask() {
  const { pixels, map, shown } = parsing;
  if (!pixels) return;
  paintClasses(map.canvas, pixels, view.result.segmentation, { shown, cover: 255 });
  map.canvas.style.opacity = part('opacity').value / 100;
}

function readParsing(place) {
  const { segmentation } = view.result;
  if (!segmentation || !parsing.map) return;
  parsing.map.outline(place);
  const words = part('parsing-words');
  words.classList.toggle('live', Boolean(place));
  part('here-head').classList.toggle('idle', !place);
  if (!place) {
    for (const { line, here } of parsing.rows) { here.textContent = ''; line.classList.remove('best'); }
    words.textContent = 'Area is the part of the crop inside the photo. Untick a class to hide it.';
    return;
  }
  const { width, height, names, probabilities } = segmentation;
  const [column, row] = cellAt(place, width, height);
  const values = names.map((_, k) => probabilities[k * width * height + row * width + column]);
  const best = values.indexOf(Math.max(...values));
  parsing.rows.forEach(({ line, here }, k) => {
    here.textContent = probability(values[k]);
    line.classList.toggle('best', k === best);
  });
  words.textContent = `${cellName(place, segmentation)}: ${names[best]}, probability ${probability(values[best])}`;
}
