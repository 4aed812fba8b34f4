// The spatial-only map of the chosen block, and the gain that both gates make together.

const spatial = { map: null };

function drawSpatial() {
  const { result } = view;
  const block = shownBlock();
  if (!spatial.map) {
    spatial.map = cellMap(part('spatial-map'), 'Spatial-only map');
    followPointer(spatial.map.host, () => [spatial.map.width, spatial.map.height], (place) => { if (!painting()) hold(place); });
  }
  const gate = withStroke(block);
  part('spatial-edited').hidden = !differs(gate, result.blocks[view.block].spatialGate);
  const { map } = spatial;
  const scale = part('spatial-scale').value === 'stretched' ? block.spatialStretched : result.gate;
  const over = part('spatial-back').value === 'over';
  map.size(block.width, block.height, `${result.crop.width} / ${result.crop.height}`);
  map.back.src = result.crop.src;
  map.back.hidden = !over;
  map.host.classList.toggle('over', over);
  map.canvas.setAttribute('aria-label', `Spatial-only map of ${block.name}: ${block.spatialWords}`);
  paintCells(map.canvas, gate, block.width, block.height, scale, over ? HALF : ALL);
  const legend = part('spatial-legend');
  drawLegend(legend, scale, over ? HALF : ALL);
  legend.classList.toggle('over', over);
  part('spatial-words').textContent = block.spatialWords;
}

function readSpatial(place, channel) {
  const block = shownBlock();
  const words = part('spatial-here');
  spatial.map.outline(place);
  words.classList.toggle('live', Boolean(place));
  words.textContent = place
    ? `${cellName(place, block)}: ${wasAndIs(spatialAt(view.result.blocks[view.block], place), spatialAt(block, place), block.spatialPlaces)}`
    : 'Point at a cell to read it.';
  readGain(block, place, channel);
}

// Parallel blocks add their gates, sequential ones multiply them: this is what the features are multiplied by.
function readGain(block, place, channel) {
  const words = part('gain-words');
  words.classList.toggle('live', Boolean(place) || channel !== null);
  const parallel = block.layout === 'parallel';
  const sign = parallel ? '+' : '×';
  const gain = (c, s) => (parallel ? c + s : c * s);
  const c = channel === null ? null : block.channelGate[channel];
  const s = place ? spatialAt(block, place) : null;
  if (c !== null && s !== null) {
    words.textContent = `gain of channel ${channel} here: ${c.toFixed(4)} ${sign} ${s.toFixed(4)} = ${gain(c, s).toFixed(4)}`;
  } else if (c !== null) {
    const [low, high] = ends(block.spatialGate);
    words.textContent = `gain of channel ${channel}: ${gain(c, low).toFixed(4)} to ${gain(c, high).toFixed(4)} over the map`;
  } else if (s !== null) {
    const [low, high] = ends(block.channelGate);
    words.textContent = `gain here: ${gain(low, s).toFixed(4)} to ${gain(high, s).toFixed(4)} over the channels, `
      + `mean ${gain(block.channelMean, s).toFixed(4)}`;
  } else {
    words.textContent = parallel
      ? 'Features are multiplied by channel + spatial (parallel): 1 leaves them as they are.'
      : 'Features are multiplied by channel × spatial (sequential): always below 1.';
  }
}

function ends(values) {
  let [low, high] = [Infinity, -Infinity];
  for (const value of values) {
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return [low, high];
}
