// Tables of text.

import { make } from './dom.js';

/**
 * @param {string} caption
 * @param {string[]} heads
 * @param {(string | number)[][]} rows the first of each row is its head
 */
export function table(caption, heads, rows) {
  return make('div', { class: 'scroll' }, make('table', {}, ...tableParts(caption, heads, rows)));
}

/** Caption, head and body, for a table that is there already. */
export function tableParts(caption, heads, rows) {
  const head = make('thead', {}, make('tr', {}, ...heads.map((text) => make('th', { scope: 'col', text }))));
  const cell = (text, i) => (i ? make('td', { text }) : make('th', { scope: 'row', text }));
  const lines = rows.map((row) => make('tr', {}, ...row.map(cell)));
  return [make('caption', { text: caption }), head, make('tbody', {}, ...lines)];
}

/** The numbers of one block's gates. */
export function gateTables(block) {
  const channels = [...block.channelGate].map((value, channel) => [channel, value.toFixed(block.channelPlaces)]);
  const across = Array.from({ length: block.width }, (_, column) => `x ${column}`);
  const rows = Array.from({ length: block.height }, (_, row) => [
    `y ${row}`,
    ...Array.from(block.spatialGate.subarray(row * block.width, (row + 1) * block.width), (value) =>
      value.toFixed(block.spatialPlaces),
    ),
  ]);
  return [
    table(`Channel-only weights of ${block.name}: ${block.channelWords}`, ['channel', 'weight'], channels),
    table(`Spatial-only map of ${block.name}: ${block.spatialWords}`, ['', ...across], rows),
  ];
}

/** What is different in a second result. */
export function changedTables(after) {
  if (!after) return [];
  const { joints, classes, sentences } = after.change;
  const tables = [
    table(
      'What changed',
      ['', 'in words'],
      sentences.map((text, i) => [i + 1, text]),
    ),
  ];
  if (joints.length) {
    tables.push(
      table(
        'Joints',
        ['joint', 'change'],
        joints.map((joint) => [joint.name, joint.words]),
      ),
    );
  }
  if (classes.length) {
    const heads = ['class', 'change', 'points', 'pixels lost', 'pixels gained'];
    const rows = classes.map((one) => [one.name, one.words, one.points, one.lost, one.gained]);
    tables.push(table('Classes', heads, rows));
  }
  return tables;
}
