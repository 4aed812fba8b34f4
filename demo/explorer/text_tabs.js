// What each view draws, as tables.

function changeTables(result) {
  const tables = changedTables(view.after);
  if (!result.blocks.length) return tables;
  const list = edits.list.map((_, i) => [i + 1, edits.texts[i] ?? '']);
  if (list.length) tables.unshift(table('Edits, in order', ['', 'edit'], list));
  const state = view.after ? 'edited' : 'untouched';
  return [...tables, ...gateTables({ ...shownBlock(), name: `${shownBlock().name} (${state})` })];
}

function changedTables(after) {
  if (!after) return [];
  const { joints, classes, sentences } = after.change;
  const tables = [table('What changed', ['', 'in words'], sentences.map((text, i) => [i + 1, text]))];
  if (joints.length) tables.push(table('Joints', ['joint', 'change'], joints.map((joint) => [joint.name, joint.words])));
  if (classes.length) tables.push(table('Classes', ['class', 'change', 'points', 'pixels lost', 'pixels gained'], classes.map((one) => [one.name, one.words, one.points, one.lost, one.gained])));
  return tables;
}

function compareTables() {
  const tables = [...changedTables(view.other), ...momentTables()];
  if (!board.value) return tables;
  const rows = board.value.columns.flatMap((column) => (column.why
    ? [[column.layout, '', column.why]]
    : column.cells.map((cell) => [column.layout, cell.row, cell.words])));
  return [...tables, table('Switchboard', ['layout', 'branches', 'change'], rows)];
}

function walkTables() {
  if (!walk.value) return [];
  const steps = walk.value.stages.map((stage) => [stage.term, stage.path, stage.shape.join(' × '), stage.words, stage.sd]);
  const rules = walk.value.formulas.map((row) => [
    `${row.formula}, ${row.layout}`, row.label ?? '', row.block?.channelWords ?? row.why, row.block?.spatialWords ?? '',
  ]);
  return [
    table(`Steps of ${walk.value.block}`, ['step', 'module', 'shape', 'range', 'sd'], steps),
    table('The same block under every formula', ['formula', 'weights', 'channel gate', 'spatial gate'], rules),
  ];
}
