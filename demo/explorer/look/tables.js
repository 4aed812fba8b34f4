// What the Look view draws, as tables.

import { probability } from '../lib/numbers.js';
import { gateTables, table } from '../lib/tables.js';
import { chosenBlock } from '../state/view.js';
import { showAsText } from '../text/text.js';

export function mount() {
  showAsText('look', lookTables);
}

function lookTables(result) {
  const tables = [];
  if (result.pose) tables.push(jointTable(result.pose));
  if (result.segmentation) {
    const { names, percents } = result.segmentation;
    tables.push(
      table(
        'Area of each class in the crop',
        ['class', 'area'],
        names.map((name, k) => [name, percents[k]]),
      ),
    );
  }
  if (result.map) {
    const { statistics } = result.map;
    const rows = result.blocks.map((block, i) => [block.name, ...statistics.map((statistic) => statistic.texts[i])]);
    tables.push(table('PSA blocks', ['block', ...statistics.map((statistic) => statistic.label)], rows));
    tables.push(...gateTables(chosenBlock()));
  }
  return tables;
}

function jointTable(pose) {
  const rows = pose.names.map((name, joint) => [
    name,
    pose.keypoints[joint][0].toFixed(1),
    pose.keypoints[joint][1].toFixed(1),
    probability(pose.peaks[joint]),
    pose.scores[joint].toFixed(3),
  ]);
  return table('Joints', ['joint', 'x (px)', 'y (px)', 'peak', 'score'], rows);
}
