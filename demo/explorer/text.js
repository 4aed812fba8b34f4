// Everything that is drawn, as tables: built when they are opened, and again when what they show changes.

function table(caption, heads, rows) {
  const head = make('thead', {}, make('tr', {}, ...heads.map((text) => make('th', { scope: 'col', text }))));
  const lines = rows.map((row) => make('tr', {}, ...row.map((text, i) => make(i ? 'td' : 'th', i ? { text } : { scope: 'row', text }))));
  return make('div', { class: 'scroll' }, make('table', {}, make('caption', { text: caption }), head, make('tbody', {}, ...lines)));
}

function writeText() {
  const { result } = view;
  if (!result || !part('text').open) return;
  part('text-body').replaceChildren(...({ look: lookTables, change: changeTables, walk: walkTables, compare: compareTables, evidence: testTables }[view.tab] ?? lookTables)(result));
}

function lookTables(result) {
  const tables = [];
  if (result.pose) tables.push(jointTable(result.pose));
  if (result.segmentation) {
    const { names, percents } = result.segmentation;
    tables.push(table('Area of each class in the crop', ['class', 'area'], names.map((name, k) => [name, percents[k]])));
  }
  if (result.map) {
    tables.push(table(
      'PSA blocks', ['block', ...result.map.statistics.map((statistic) => statistic.label)],
      result.blocks.map((block, i) => [block.name, ...result.map.statistics.map((statistic) => statistic.texts[i])]),
    ));
    tables.push(...gateTables(result.blocks[view.block]));
  }
  return tables;
}

function jointTable(pose) {
  const rows = pose.names.map((name, joint) => [
    name, pose.keypoints[joint][0].toFixed(1), pose.keypoints[joint][1].toFixed(1),
    probability(pose.peaks[joint]), pose.scores[joint].toFixed(3),
  ]);
  return table('Joints', ['joint', 'x (px)', 'y (px)', 'peak', 'score'], rows);
}

function gateTables(block) {
  const channels = [...block.channelGate].map((value, channel) => [channel, value.toFixed(block.channelPlaces)]);
  const across = Array.from({ length: block.width }, (_, column) => `x ${column}`);
  const rows = Array.from({ length: block.height }, (_, row) => [
    `y ${row}`,
    ...Array.from(block.spatialGate.subarray(row * block.width, (row + 1) * block.width), (value) => value.toFixed(block.spatialPlaces)),
  ]);
  return [
    table(`Channel-only weights of ${block.name}: ${block.channelWords}`, ['channel', 'weight'], channels),
    table(`Spatial-only map of ${block.name}: ${block.spatialWords}`, ['', ...across], rows),
  ];
}

part('text').addEventListener('toggle', writeText);
