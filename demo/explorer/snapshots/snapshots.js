// The attention through a training: the slider steps through its snapshots, on scales of the whole series.

import { ALL, cellMap, drawLegend, paintCells } from '../lib/cells.js';
import { make, part } from '../lib/dom.js';
import { byName } from '../lib/results.js';
import { table } from '../lib/tables.js';
import { onTab, tabs } from '../state/tabs.js';
import { here, onBlock, view } from '../state/view.js';
import { showAsText, writeText } from '../text/text.js';
import { drawSnapshotHeat, drawTiles } from './heat.js';
import { drawSide, paintPredictions } from './side.js';
import { askSnapshots, snapshots, onSnapshot, onTraining, stepTo } from './training.js';
import { snapshotSentences, restored } from './words.js';

export function mount() {
  part('snapshots-slider').addEventListener('input', () => stepTo(Number(part('snapshots-slider').value)));
  part('snapshots-block').addEventListener('change', drawFilmAndSnapshot);
  part('snapshots-photo').addEventListener('change', () =>
    askSnapshots({ training: snapshots.value.training, photo: part('snapshots-photo').value }),
  );
  part('snapshots-training').addEventListener('change', () =>
    askSnapshots({ training: part('snapshots-training').value, photo: undefined }),
  );
  onTraining(showSnapshots);
  onSnapshot(drawSnapshot);
  onBlock(open);
  onTab(open);
  showAsText('compare', snapshotTables);
}

function open() {
  if (tabs.current !== 'compare' || !view.result) return;
  if (snapshots.value) followBlock();
  else askSnapshots();
}

const snapshotBlock = () => byName(snapshots.value.blocks, part('snapshots-block').value);
const snapshotOption = (value) => make('option', { value, text: value });

function showSnapshots() {
  const { value } = snapshots;
  part('snapshots-panel').hidden = false;
  part('snapshots-model').textContent = `${value.model}, ${value.formula} formula, ${value.layout}`;
  part('snapshots-training-field').hidden = value.trainings.length < 2;
  part('snapshots-training').replaceChildren(...value.trainings.map(snapshotOption));
  part('snapshots-training').value = value.training;
  part('snapshots-photo').replaceChildren(...value.photos.map(snapshotOption));
  part('snapshots-photo').value = value.photo;
  const before = part('snapshots-block').value;
  part('snapshots-block').replaceChildren(...value.blocks.map(({ name }) => snapshotOption(name)));
  part('snapshots-block').value = value.blocks.some(({ name }) => name === before) ? before : value.blocks[0].name;
  part('snapshots-slider').max = value.steps.length - 1;
  part('snapshots-heat-head').hidden = !value.pose;
  for (const side of ['a', 'b']) part(`snapshots-mask-figure-${side}`).hidden = !value.segmentation && !value.pose;
  paintPredictions();
  drawTiles(value);
  followBlock();
}

// The block that is chosen above, where the training had one of that name.
function followBlock() {
  if (!snapshots.value) return;
  const same = view.result?.blocks.length && snapshots.value.blocks.find((block) => block.name === here());
  if (same) part('snapshots-block').value = same.name;
  drawFilmAndSnapshot();
}

function drawFilmAndSnapshot() {
  drawFilm();
  drawSnapshot();
}

function drawFilm() {
  const { steps, gate, crop } = snapshots.value;
  const block = snapshotBlock();
  part('film').replaceChildren(
    ...steps.map((step, at) => {
      const host = make('span', { class: 'map' });
      const map = cellMap(host, null);
      map.size(block.width, block.height, `${crop.width} / ${crop.height}`);
      paintCells(
        map.canvas,
        restored(block.spatial, at, block.width * block.height),
        block.width,
        block.height,
        gate,
        ALL,
      );
      const button = make(
        'button',
        { type: 'button', 'data-snapshot': step, 'aria-label': `Step ${step}: ${block.spatialWords[at]}` },
        host,
        `step ${step}`,
      );
      button.addEventListener('click', () => stepTo(at));
      return button;
    }),
  );
  drawSide('a', 0, block);
  drawLegend(part('snapshots-legend'), gate, ALL);
}

function drawSnapshot() {
  const { value, at } = snapshots;
  const block = snapshotBlock();
  const now = `step ${value.steps[at]}`;
  part('snapshots-slider').value = at;
  part('snapshots-slider').setAttribute('aria-valuetext', `${now} of ${value.total}`);
  part('snapshots-step').textContent = `${now} of ${value.total}`;
  const film = part('film');
  [...film.children].forEach((button, i) => button.setAttribute('aria-pressed', i === at));
  film.scrollLeft = film.children[at].offsetLeft - film.clientWidth / 2;
  drawSide('b', at, block);
  part('snapshots-map-name').textContent = `map, ${now}`;
  part('snapshots-mask-name').textContent = `prediction, ${now}`;
  drawSnapshotHeat(at);
  part('snapshots-words').textContent = snapshotSentences(value, block, at).join(' ');
  writeText();
}

function snapshotTables() {
  if (!snapshots.value) return [];
  const { steps, photo, model } = snapshots.value;
  const block = snapshotBlock();
  return [
    table(
      `${block.name} of ${model} through training, photo ${photo}`,
      ['step', 'channel-only weights', 'spatial-only map'],
      steps.map((step, at) => [step, block.channelWords[at], block.spatialWords[at]]),
    ),
  ];
}
