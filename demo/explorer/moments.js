// A training in moments: the slider steps through what the network said at each, on scales of the whole series. All of it
// arrives once for each photo; a step runs nothing and asks nobody.

const moments = { value: null, at: 0, wanted: {}, asking: false };

async function askMoments(more = {}) {
  if (moments.asking || !offer.trainings.length) return;
  moments.asking = true;
  const wanted = { training: moments.wanted.training, photo: moments.wanted.photo, ...more };
  const sent = await server.moments(wanted).catch(() => null);
  moments.asking = false;
  if (sent?.kind === 'message') { say(sent.text); moments.wanted = {}; return; }
  if (!sent) { say('The server does not answer; open this tab again for the moments of the training.'); return; }
  const value = readMoments(sent);
  if (value.segmentation) {
    value.segmentation.pixels = await Promise.all(value.segmentation.masks.map(maskPixels));
    Object.assign(value.segmentation, countPixels(value.segmentation));
  }
  moments.value = value;
  const step = value.steps.indexOf(Number(moments.wanted.moment ?? NaN));
  moments.at = step >= 0 ? step : moments.kept ?? value.steps.length - 1;
  moments.wanted = {};
  value.steps.forEach((_, at) => predictionAt(at));
  showMoments();
}

function readMoments(sent) {
  const read = ({ codes, limits }) => ({ codes: bytes(codes), limits: floats(limits) });
  return {
    ...sent,
    painted: [],
    gate: readScale(sent.gate),
    blocks: sent.blocks.map((block) => ({ ...block, channel: read(block.channel), spatial: read(block.spatial) })),
    pose: sent.pose && { ...sent.pose, heatmaps: read(sent.pose.heatmaps), scale: readScale(sent.pose.scale) },
  };
}

// One map of many: the rule of psa_viz.inference.quantised.
function restored({ codes, limits }, index, size) {
  const [low, high] = limits.subarray(2 * index, 2 * index + 2);
  return Float32Array.from(codes.subarray(index * size, (index + 1) * size), (code) => low + (code / 255) * (high - low));
}

const momentBlock = () => moments.value.blocks.find((block) => block.name === part('moments-block').value);
const momentOption = (value) => make('option', { value, text: value });

function showMoments() {
  const { value } = moments;
  part('moments-panel').hidden = false;
  part('moments-model').textContent = `${value.model}, ${value.formula} formula, ${value.layout}`;
  part('moments-training-field').hidden = value.trainings.length < 2;
  part('moments-training').replaceChildren(...value.trainings.map(momentOption));
  part('moments-training').value = value.training;
  part('moments-photo').replaceChildren(...value.photos.map(momentOption));
  part('moments-photo').value = value.photo;
  const before = part('moments-block').value;
  part('moments-block').replaceChildren(...value.blocks.map(({ name }) => momentOption(name)));
  part('moments-block').value = value.blocks.some(({ name }) => name === before) ? before : value.blocks[0].name;
  part('moments-slider').max = value.steps.length - 1;
  part('moments-heat-head').hidden = !value.pose;
  for (const side of ['a', 'b']) part(`moments-mask-figure-${side}`).hidden = !value.segmentation && !value.pose;
  drawTiles(value);
  followBlock();
}

// The block that is chosen above, where the training had one of that name.
function followBlock() {
  if (!moments.value) return;
  const same = view.result?.blocks.length && moments.value.blocks.find((block) => block.name === here());
  if (same) part('moments-block').value = same.name;
  drawFilm();
  drawMoment();
}

function drawFilm() {
  const { steps, gate, crop } = moments.value;
  const block = momentBlock();
  part('film').replaceChildren(...steps.map((step, at) => {
    const host = make('span', { class: 'map' });
    const map = cellMap(host, null);
    map.size(block.width, block.height, `${crop.width} / ${crop.height}`);
    paintCells(map.canvas, restored(block.spatial, at, block.width * block.height), block.width, block.height, gate, ALL);
    const button = make('button', { type: 'button', 'data-moment': step, 'aria-label': `Step ${step}: ${block.spatialWords[at]}` }, host, `step ${step}`);
    button.addEventListener('click', () => stepTo(at));
    return button;
  }));
  drawSide('a', 0, block);
  drawLegend(part('moments-legend'), gate, ALL);
}

function drawTiles({ pose, crop }) {
  moments.tiles = !pose ? [] : pose.order.map((joint) => {
    const host = make('span', { class: 'map' });
    const map = cellMap(host, null);
    map.size(pose.width, pose.height, `${crop.width} / ${crop.height}`);
    map.back.src = crop.src;
    const numbers = make('span', { class: 'numbers' });
    const name = make('span', { class: 'name' }, make('i', { style: { background: pose.colours[joint] } }), pose.names[joint]);
    return { joint, map, numbers, tile: make('div', { class: 'tile', role: 'img' }, name, host, numbers) };
  });
  part('moments-tiles').classList.add('over');
  part('moments-tiles').replaceChildren(...moments.tiles.map(({ tile }) => tile));
  if (pose) { drawLegend(part('moments-heat-legend'), pose.scale, byHeat); part('moments-heat-legend').classList.add('over'); }
}

function stepTo(at) {
  moments.at = at;
  moments.kept = at;
  drawMoment();
  toAddress();
}

function drawMoment() {
  const { value, at } = moments;
  const block = momentBlock();
  const now = `step ${value.steps[at]}`;
  part('moments-slider').value = at;
  part('moments-slider').setAttribute('aria-valuetext', `${now} of ${value.total}`);
  part('moments-step').textContent = `${now} of ${value.total}`;
  const film = part('film');
  [...film.children].forEach((button, i) => button.setAttribute('aria-pressed', i === at));
  film.scrollLeft = film.children[at].offsetLeft - film.clientWidth / 2;
  drawSide('b', at, block);
  part('moments-map-name').textContent = `map, ${now}`;
  part('moments-mask-name').textContent = `prediction, ${now}`;
  drawMomentHeat(at);
  part('moments-words').textContent = momentSentences(block, at).join(' ');
  writeText();
}

function drawSide(side, moment, block) {
  const { steps, gate } = moments.value;
  const bars_ = part(`moments-bars-${side}`);
  paintVector(bars_, { values: restored(block.channel, moment, block.channels), scale: gate });
  bars_.setAttribute('aria-label', `Channel-only weights at step ${steps[moment]}: ${block.channelWords[moment]}`);
  part(`moments-name-${side}`).textContent = `weights, step ${steps[moment]}`;
  drawMomentMap(side, moment, block);
  drawMomentMask(side, moment);
}

function drawMomentMap(side, moment, block) {
  const host = part(`moments-map-${side}`);
  const map = cellMap(host, `Spatial-only map at step ${moments.value.steps[moment]}: ${block.spatialWords[moment]}`);
  map.size(block.width, block.height, `${moments.value.crop.width} / ${moments.value.crop.height}`);
  paintCells(map.canvas, restored(block.spatial, moment, block.width * block.height), block.width, block.height, moments.value.gate, ALL);
}

// Painted once for each moment: a step only copies.
function predictionAt(moment) {
  const { segmentation, pose, crop, painted } = moments.value;
  if (!painted[moment]) {
    const canvas = make('canvas', { width: 384, height: Math.round((384 * crop.height) / crop.width) });
    if (segmentation) paintClasses(canvas, segmentation.pixels[moment], segmentation);
    if (pose) paintJoints(canvas, { ...pose, keypoints: pose.keypoints[moment], scores: pose.scores[moment] }, crop.box);
    painted[moment] = canvas;
  }
  return painted[moment];
}

function drawMomentMask(side, moment) {
  const { segmentation, pose, crop, steps } = moments.value;
  if (!segmentation && !pose) return;
  const words = segmentation ? segmentation.names.map((name, k) => `${name} ${inPercent(segmentation.shares[moment][k])}`).join(', ') : 'joints';
  const map = cellMap(part(`moments-mask-${side}`), `Prediction at step ${steps[moment]}: ${words}`);
  map.size(1, 1, `${crop.width} / ${crop.height}`);
  map.back.src = crop.src;
  const picture = predictionAt(moment);
  Object.assign(map.canvas, { width: picture.width, height: picture.height });
  map.canvas.getContext('2d').drawImage(picture, 0, 0);
}

function drawMomentHeat(at) {
  const { pose } = moments.value;
  if (!pose) return;
  const size = pose.width * pose.height;
  const peak = (moment, joint) => pose.heatmaps.limits[2 * (moment * pose.names.length + joint) + 1].toFixed(3);
  moments.tiles.forEach(({ joint, map, numbers, tile }) => {
    paintCells(map.canvas, restored(pose.heatmaps, at * pose.names.length + joint, size), pose.width, pose.height, pose.scale, byHeat);
    numbers.textContent = `${peak(0, joint)} → ${peak(at, joint)}`;
    tile.setAttribute('aria-label', `${pose.names[joint]}: highest cell ${numbers.textContent}`);
  });
}

// Of the crop's pixels inside the photo: the part of each class at every moment, and the part that changed since the first.
function countPixels({ pixels, names, outside }) {
  const inside = pixels[0].labels.reduce((sum, label) => sum + (label !== outside), 0) || 1;
  const shares = pixels.map(({ labels }) => {
    const counts = new Uint32Array(256);
    for (const label of labels) counts[label] += 1;
    return names.map((_, k) => counts[k] / inside);
  });
  const changed = pixels.map(({ labels }) => labels.reduce((sum, label, i) => sum + (label !== pixels[0].labels[i]), 0) / inside);
  return { shares, changed };
}

const inPercent = (share) => (share === 0 || share >= 0.0005 ? `${(100 * share).toFixed(1)}%` : 'under 0.1%');

function momentSentences(block, at) {
  const { steps, segmentation, pose, figures } = moments.value;
  const sentences = [`Step ${steps[at]}, ${block.name}. Channel weights ${block.channelWords[at]}${at ? ` (step 0: ${block.channelWords[0]})` : ''}.`];
  sentences.push(`Spatial map ${block.spatialWords[at]}${at ? ` (step 0: ${block.spatialWords[0]})` : ''}.`);
  if (at) {
    const size = block.width * block.height;
    sentences.push(apart(restored(block.spatial, 0, size), restored(block.spatial, at, size)));
  }
  if (at && segmentation) sentences.push(`${inPercent(segmentation.changed[at])} of the mask’s pixels have another class than at step 0.`);
  if (at && pose) {
    const far = pose.names.map((_, joint) => Math.hypot(...[0, 1].map((axis) => pose.keypoints[at][joint][axis] - pose.keypoints[0][joint][axis])));
    const most = far.indexOf(Math.max(...far));
    sentences.push(`The joint that moved most is ${pose.names[most]}, ${far[most].toFixed(1)} px.`);
  }
  const known = Object.entries(figures[at]).map(([name, figure]) => `${name} ${figure.toFixed(1)}`);
  return known.length ? [...sentences, `${known.join(', ')}.`] : sentences;
}

// How far two maps are from one another, and whether they show the same pattern.
function apart(one, other) {
  const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const distances = one.map((value, i) => Math.abs(value - other[i]));
  const [a, b] = [one, other].map((values) => { const middle = mean(values); return values.map((value) => value - middle); });
  const dot = (x, y) => x.reduce((sum, value, i) => sum + value * y[i], 0);
  const size = Math.sqrt(dot(a, a) * dot(b, b));
  const pattern = size > 0 ? `, correlation ${(dot(a, b) / size).toFixed(2)}` : '';
  return `From the untrained map it differs by ${mean(distances).toFixed(4)} on average and ${Math.max(...distances).toFixed(4)} at most${pattern}.`;
}

function momentTables() {
  if (!moments.value) return [];
  const { steps, photo, model } = moments.value;
  const block = momentBlock();
  return [table(
    `${block.name} of ${model} through training, photo ${photo}`, ['step', 'channel-only weights', 'spatial-only map'],
    steps.map((step, at) => [step, block.channelWords[at], block.spatialWords[at]]),
  )];
}

part('moments-slider').addEventListener('input', () => stepTo(Number(part('moments-slider').value)));
part('moments-block').addEventListener('change', () => { drawFilm(); drawMoment(); });
part('moments-photo').addEventListener('change', () => askMoments({ training: moments.value.training, photo: part('moments-photo').value }));
part('moments-training').addEventListener('change', () => askMoments({ training: part('moments-training').value, photo: undefined }));
