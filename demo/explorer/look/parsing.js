// The parsing mask over the crop, its classes with the area of each, and the probabilities of one cell.

import { followPointer } from '../frame/pointing.js';
import { cellAt, cellMap, cellName } from '../lib/cells.js';
import { make, part } from '../lib/dom.js';
import { allButBackground, maskPixels, paintClasses } from '../lib/masks.js';
import { probability } from '../lib/numbers.js';
import { onFocus } from '../state/focus.js';
import { onTruth, truth } from '../state/truth.js';
import { onResult, view } from '../state/view.js';

/** @import { CellMap } from '../lib/cells.js' */
/** @import { Mask } from '../lib/masks.js' */

/** @type {{ map: CellMap, real: CellMap & { pixels?: Mask }, shown: boolean[], pixels: Mask | null,
 *   rows: { line: HTMLElement, here: HTMLElement }[] }} */
const parsing = { map: /** @type {any} */ (null), real: /** @type {any} */ (null), shown: [], pixels: null, rows: [] };

export function mount() {
  parsing.map = cellMap(part('parsing-map'), 'Parsing mask');
  followPointer(parsing.map.host, () => [parsing.map.width, parsing.map.height]);
  part('opacity').addEventListener('input', paintMask);
  onResult(drawParsing);
  parsing.real = cellMap(part('true-map'), 'The true mask');
  onFocus(readParsing);
  onTruth(showTrueMask);
}

async function drawParsing(result) {
  parsing.pixels = null;
  part('parsing-panel').hidden = !result.segmentation;
  if (!result.segmentation) return;
  const { segmentation, crop } = result;
  const title = result.pose ? 'Parsing mask' : 'Segmentation mask';
  part('parsing-title').textContent = title;
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
  await showTrueMask();
}

// The true mask below the predicted one, and how far the two agree in the place of the probabilities.
async function showTrueMask() {
  const { result } = view;
  const known = result?.segmentation ? truth()?.mask : null;
  part('true-mask').hidden = !known;
  if (result?.segmentation) readParsing(null);
  if (!known || !result.segmentation) return;
  const { segmentation, crop } = result;
  parsing.real.size(segmentation.width, segmentation.height, `${crop.width} / ${crop.height}`);
  parsing.real.back.src = crop.src;
  const pixels = await maskPixels(known.src);
  if (truth()?.mask === known) paintReal(pixels);
}

function paintReal(pixels) {
  const { segmentation } = view.result;
  if (!segmentation) return;
  parsing.real.pixels = pixels;
  paintClasses(parsing.real.canvas, pixels, segmentation, { shown: parsing.shown, cover: 255 });
  parsing.real.canvas.style.opacity = String(part('opacity').value / 100);
}

function classRow(segmentation, k) {
  const box = make('input', { type: 'checkbox', 'aria-label': `show ${segmentation.names[k]}` });
  box.checked = parsing.shown[k];
  box.addEventListener('change', () => {
    parsing.shown[k] = box.checked;
    paintMask();
  });
  const swatch = make('i', { style: { background: segmentation.colours[k] } });
  const share = make('td', { class: 'share', text: segmentation.percents[k] });
  share.style.setProperty('--share', segmentation.shares[k]);
  const here = make('td', { class: 'here' });
  const line = make(
    'tr',
    {},
    make('th', { scope: 'row' }, make('label', {}, box, swatch, segmentation.names[k])),
    share,
    here,
  );
  return { line, here };
}

// The mask at the photo's own sharpness (up to 384 pixels), each pixel one class; nothing is blended but the opacity.
function paintMask() {
  const { pixels, map, shown } = parsing;
  const { segmentation } = view.result;
  if (!pixels || !segmentation) return;
  paintClasses(map.canvas, pixels, segmentation, { shown, cover: 255 });
  map.canvas.style.opacity = String(part('opacity').value / 100);
  if (parsing.real.pixels && truth()?.mask) paintReal(parsing.real.pixels);
}

function readParsing(place) {
  const segmentation = view.result?.segmentation;
  if (!segmentation) return;
  parsing.map.outline(place);
  const words = part('parsing-words');
  words.classList.toggle('live', Boolean(place));
  const known = truth()?.mask;
  part('here-head').classList.toggle('idle', !place && !known);
  part('here-head').textContent = !place && known ? 'IoU' : 'p here';
  if (!place) {
    parsing.rows.forEach(({ line, here }, k) => {
      here.textContent = known ? (known.iou[k]?.toFixed(2) ?? '–') : '';
      line.classList.remove('best');
    });
    words.textContent = known
      ? 'IoU: how much of predicted and true area is the same, 1 where they agree. – where there is neither.'
      : 'Area is the part of the crop inside the photo. Untick a class to hide it.';
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
