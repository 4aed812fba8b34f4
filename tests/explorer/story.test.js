import assert from 'node:assert/strict';
import { test } from 'node:test';

import { SCENES, beatsOf, stillsOf, transformOf } from '../../demo/explorer/story/beats.js';

const facts = {
  photo: 0.75,
  map: 0.75,
  weights: [0, 0.2, 0.5, 0.7, 1, 0.9],
  channels: 32,
  blocks: 20,
  parallel: true,
  ending: 'x',
};
const stories = [
  facts,
  { ...facts, photo: 1, map: 1, parallel: false },
  { ...facts, photo: 1.4, map: 2.5, weights: [0.3, 0.4], blocks: 1 },
];

test('the story takes a minute and tells its scenes in order', () => {
  for (const story of stories) {
    const beats = beatsOf(story);
    const seconds = beats.reduce((sum, beat) => sum + beat.seconds, 0);
    assert.equal(seconds, 60);
    const scenes = beats.map((beat) => beat.scene);
    assert.deepEqual(scenes, scenes.toSorted());
    assert.deepEqual([...new Set(scenes)], [...SCENES.keys()]);
  }
});

test('whatever is shown lies on the stage, and every beat knows of every actor', () => {
  for (const story of stories) {
    const beats = beatsOf(story);
    const names = Object.keys(beats[0].poses).sort();
    for (const { poses, words } of beats) {
      assert.deepEqual(Object.keys(poses).sort(), names);
      for (const [name, { x, y, wide, high, show }] of Object.entries(poses)) {
        assert.ok(x >= 0 && y >= 0 && x + wide <= 100.001 && y + high <= 50.001, `${name}: ${words}`);
        assert.ok(wide > 0 && high > 0 && show >= 0 && show <= 1);
      }
    }
  }
});

test('maps and photo keep their shape, except where they fold', () => {
  const beats = beatsOf(facts);
  for (const { poses, words } of beats) {
    if (words.startsWith('Space is folded')) continue;
    for (const [name, { wide, high, show }] of Object.entries(poses)) {
      if (show && /card|cover|out|map|photo|skeleton/.test(name)) assert.ok(Math.abs(wide / high - 0.75) < 1e-9, name);
    }
  }
});

test('a bar is as high as its weight', () => {
  const beat = beatsOf(facts).find(({ words }) => words.startsWith('Back to the features'));
  const high = facts.weights.map((_, k) => beat.poses[`bar${k}`].high);
  for (let k = 1; k < 6; k += 1) assert.ok(Math.abs(high[k] / high[4] - facts.weights[k]) < 1e-9);
  assert.ok(high[0] > 0); // a weight of 0 is a line, not nothing
});

test('five stills, each with all that is said in its scene', () => {
  const beats = beatsOf(facts);
  const stills = stillsOf(beats);
  assert.deepEqual(
    stills.map(({ at }) => beats[at].scene),
    [0, 1, 2, 3, 4],
  );
  assert.ok(stills[1].words.includes('one number per channel, its weight'));
  const shown = (at) => Object.keys(beats[at].poses).filter((name) => beats[at].poses[name].show > 0);
  assert.deepEqual(shown(stills[2].at), ['map']);
  assert.deepEqual(shown(stills[4].at), ['photo', 'skeleton']);
});

test('the two layouts are told differently, and one block is not called blocks', () => {
  const words = stories.map((story) =>
    beatsOf(story)
      .map((beat) => beat.words)
      .join(' '),
  );
  assert.match(words[0], /the two are added/);
  assert.match(words[1], /one after the other/);
  assert.match(words[0], /After 20 such blocks/);
  assert.match(words[2], /After this block/);
});

test('a pose is a move and a change of size', () => {
  const rest = { x: 10, y: 5, wide: 20, high: 10, show: 1 };
  assert.equal(transformOf(rest, rest), 'translate(0%, 0%) scale(1, 1)');
  assert.equal(transformOf(rest, { ...rest, x: 20, y: 0, wide: 5, high: 30 }), 'translate(50%, -50%) scale(0.25, 3)');
});
