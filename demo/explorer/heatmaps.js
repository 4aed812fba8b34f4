// Small multiples: one heatmap for each joint, all of the same size, right above left.

const heat = { tiles: [] };

function drawHeatmaps(result) {
  part('heatmaps-panel').hidden = !result.pose;
  if (!result.pose) return;
  const { pose, crop } = result;
  heat.tiles = [];
  const half = Math.ceil(pose.order.length / 2);
  const tiles = pose.order.map((joint, place) => {
    const host = make('span', { class: 'map' });
    const map = cellMap(host, null);
    map.size(pose.width, pose.height, `${crop.width} / ${crop.height}`);
    const numbers = make('span', { class: 'numbers' });
    const name = make('span', { class: 'name' }, make('i', { style: { background: pose.colours[joint] } }), pose.names[joint]);
    const tile = make('button', { type: 'button', class: 'tile', 'data-joint': joint }, name, host, numbers);
    tile.style.setProperty('--pair', place < half ? 2 * place : 2 * (place - half) + 1); // narrow pages: pairs side by side
    tile.addEventListener('click', () => { view.joint = view.joint === joint ? null : joint; drawChoice(); });
    followPointer(host, () => [pose.width, pose.height], () => {});
    map.back.src = crop.src;
    heat.tiles.push({ joint, tile, map, numbers });
    return tile;
  });
  part('tiles').replaceChildren(...tiles);
  paintHeatmaps();
}

function paintHeatmaps() {
  const { pose } = view.result;
  if (!pose) return;
  const own = part('heat-scale').value === 'own';
  const over = part('heat-back').value === 'over';
  part('tiles').classList.toggle('over', over);
  for (const { joint, map } of heat.tiles) {
    paintCells(map.canvas, pose.maps[joint], pose.width, pose.height, own ? pose.own[joint] : pose.shared, over ? byHeat : ALL);
  }
  const legend = part('heat-legend');
  if (own) {
    const facts = { ...pose.shared, tickLabels: ['0', 'peak'], label: 'own scales: do not compare', ticks: [pose.shared.low, pose.shared.high] };
    drawLegend(legend, facts, over ? byHeat : ALL);
  } else {
    drawLegend(legend, pose.shared, over ? byHeat : ALL);
  }
  legend.classList.toggle('over', over);
  drawPinned(view.result);
  readHeatmaps(focus.place);
}

function readHeatmaps(place) {
  const { pose } = view.result;
  if (!pose) return;
  let best = null;
  for (const { joint, tile, map, numbers } of heat.tiles) {
    map.outline(place);
    const peak = `peak ${probability(pose.peaks[joint])}, score ${pose.scores[joint].toFixed(2)}`;
    let here = '';
    if (place) {
      const [column, row] = cellAt(place, pose.width, pose.height);
      const value = pose.maps[joint][row * pose.width + column];
      here = `here ${probability(value)}`;
      if (best === null || value > best.value) best = { joint, value };
    }
    numbers.textContent = place ? here : `${pose.peaks[joint].toFixed(3)} · ${pose.scores[joint].toFixed(2)}`;
    numbers.classList.toggle('live', Boolean(place));
    tile.setAttribute('aria-pressed', view.joint === joint);
    tile.setAttribute('aria-label', `${pose.names[joint]}: ${peak}${here ? `, ${here}` : ''}`);
    tile.title = `${pose.names[joint]}: ${peak}. Click to see it on the photo.`;
  }
  const words = part('heat-words');
  words.classList.toggle('live', Boolean(place));
  words.textContent = place
    ? `${cellName(place, pose)}: most likely ${pose.names[best.joint]}, probability ${probability(best.value)}`
    : `Under each map: highest cell · score (probability within two cells of it). ${pose.width}${THIN}×${THIN}${pose.height} cells, each map sums to 1.`;
}

function cellName(place, size) {
  const [column, row] = cellAt(place, size.width, size.height);
  return `cell ${column}, ${row} (x, y) of ${size.width}${THIN}×${THIN}${size.height}`;
}
