// The story as a table: what is to be seen at each beat, for how long, and what is said. Nothing here touches the page.

/**
 * Places are in hundredths of the stage's width; it is twice as wide as it is high. `show` is how far something covers
 * what lies below it, from 0 to 1.
 *
 * @typedef {{ x: number, y: number, wide: number, high: number, show: number }} Pose
 * @typedef {{ scene: number, seconds: number, words: string, poses: Record<string, Pose>, still: boolean }} Beat stands
 *   still for its scene
 * @typedef {{ at: number, words: string }} Still a beat's number, and what is said of the whole scene
 */

/**
 * What the story is told of.
 *
 * @typedef {object} Facts
 * @property {number} photo width of the crop in parts of its height
 * @property {number} map the same of a feature map
 * @property {number[]} weights of the channels that are shown, one each
 * @property {number} channels that the block has
 * @property {number} blocks that the network has
 * @property {boolean} parallel
 * @property {string} ending what the network predicts
 */

export const SCENES = [
  'A photo becomes features',
  'Space folds into bars',
  'Channels fold into a map',
  'Both multiply',
  'The prediction',
];
const EDGE = 3; // left and right of a row

/** @param {Facts} facts @returns {Beat[]} */
export function beatsOf(facts) {
  const count = facts.weights.length;
  const slot = (100 - 2 * EDGE) / count;
  const size = fitted(facts.map, slot - 2, 20);
  /** @type {(k: number, y: number, more?: Partial<Pose>) => Pose} */
  const inRow = (k, y, more = {}) => ({
    x: EDGE + (k + 0.5) * slot - size.wide / 2,
    y,
    ...size,
    show: 1,
    ...more,
  });
  const names = (word) => facts.weights.map((_, k) => `${word}${k}`);
  /** @type {(word: string, pose: (k: number) => Pose) => Record<string, Pose>} */
  const each = (word, pose) => Object.fromEntries(names(word).map((name, k) => [name, pose(k)]));
  const hidden = (pose) => ({ ...pose, show: 0 });

  const large = middle(fitted(facts.photo, 90, 44), 3);
  const photo = { ...fitted(facts.photo, 30, 44), x: EDGE, y: 3, show: 1 };
  const heap = middle(fitted(facts.map, 40, 34), 8);
  const chart = { x: 12, y: 6, wide: 76, high: 38, show: 1 };
  const bar = (k, foot, most) => {
    const high = Math.max(0.6, most * facts.weights[k]);
    return { x: EDGE + (k + 0.5) * slot - 2, y: foot - high, wide: 4, high, show: 1 };
  };
  // Two rows of three beside the photo.
  const beside = (k) => {
    const [across, down] = [k % 3, Math.floor(k / 3)];
    const place = fitted(facts.map, 18, 20);
    const left = photo.x + photo.wide + 6;
    const step = (100 - EDGE - left) / 3;
    return { x: left + (across + 0.5) * step - place.wide / 2, y: 4 + 22.5 * down, ...place, show: 1 };
  };

  const nothing = {
    photo: hidden(large),
    skeleton: hidden(large),
    bars: hidden(chart),
    map: hidden(heap),
    ...each('card', (k) => inRow(k, 3, { show: 0 })),
    ...each('bar', (k) => hidden(bar(k, 46, 20))),
    ...each('cover', (k) => inRow(k, 3, { show: 0 })),
    ...each('out', (k) => inRow(k, 3, { show: 0 })),
  };
  const inPhoto = () => hidden(photo);
  const together = facts.parallel
    ? 'Both are applied: each map is multiplied by its channel’s weight and by the weight of each place, and the two are added.'
    : 'Both are applied, one after the other: each map is multiplied by its channel’s weight, then each place by its own.';
  /** @type {(scene: number, seconds: number, words: string, poses: Record<string, Pose>) => Beat} */
  const beat = (scene, seconds, words, poses) => ({
    scene,
    seconds,
    words,
    poses: { ...nothing, ...poses },
    still: false,
  });
  /** @type {typeof beat} */
  const still = (scene, seconds, words, poses) => ({ ...beat(scene, seconds, words, poses), still: true });
  return [
    beat(0, 5, 'The network sees this part of the photo.', { photo: large, ...each('card', inPhoto) }),
    still(
      0,
      8,
      `Inside, the photo has become features: ${facts.channels} small maps, one per channel. Here are ${count} of them.`,
      { photo, ...each('card', beside) },
    ),
    beat(
      1,
      4,
      'First branch, channel-only. Which channels matter?',
      each('card', (k) => inRow(k, 3)),
    ),
    beat(1, 7, 'Space is folded away: all places come down to one number per channel…', {
      ...each('card', (k) => ({ ...bar(k, 46, 20), show: 0 })),
      ...each('bar', (k) => bar(k, 46, 20)),
    }),
    still(1, 5, `…its weight, between 0 and 1. These are all ${facts.channels}.`, { bars: chart }),
    beat(
      2,
      4,
      'Second branch, spatial-only. Which places matter?',
      each('card', (k) => inRow(k, 15)),
    ),
    beat(
      2,
      4,
      'Channels are folded away: at each place, all of them come down to one number…',
      each('card', () => ({ ...heap, show: 0.4 })),
    ),
    still(2, 5, '…its weight, between 0 and 1, the same for every channel: a map.', { map: heap }),
    beat(3, 5, 'Back to the features, each with the weight of its channel below it.', {
      ...each('card', (k) => inRow(k, 3)),
      ...each('bar', (k) => bar(k, 48, 20)),
    }),
    still(3, 5, together, {
      ...each('card', (k) => inRow(k, 3)),
      ...each('cover', (k) => inRow(k, 3, { show: 0.65 })),
      ...each('bar', (k) => bar(k, 48, 20)),
    }),
    beat(3, 3, 'This is what the block passes on: the same maps, with some channels and places stronger than others.', {
      ...each('out', (k) => inRow(k, 15)),
    }),
    beat(4, 2, `After ${facts.blocks === 1 ? 'this block' : `${facts.blocks} such blocks`}…`, {
      photo: large,
      ...each('out', () => ({ ...large, show: 0 })),
    }),
    still(4, 3, `…the network says: ${facts.ending}.`, { photo: large, skeleton: large }),
  ];
}

/**
 * For those who want nothing to move: one beat of each scene, and everything that is said in the scene.
 *
 * @param {Beat[]} beats
 * @returns {Still[]}
 */
export const stillsOf = (beats) =>
  SCENES.map((_, scene) => {
    const those = beats.filter((one) => one.scene === scene);
    const words = those.map((one) => one.words).join(' ');
    return { at: beats.findIndex((one) => one.scene === scene && one.still), words: words.replaceAll('… …', ', ') };
  });

// As large as fits, with this shape.
function fitted(shape, widest, highest) {
  const high = Math.min(highest, widest / shape);
  return { wide: high * shape, high };
}

const middle = (size, y) => ({ x: 50 - size.wide / 2, y, ...size, show: 1 });

/**
 * From where something lies at rest to a pose, as CSS writes it: nothing but a move and a change of size, which cost a
 * browser no layout.
 *
 * @param {Pose} rest
 * @param {Pose} pose
 */
export function transformOf(rest, pose) {
  const across = (100 * (pose.x - rest.x)) / rest.wide;
  const down = (100 * (pose.y - rest.y)) / rest.high;
  const number = (value) => String(Number(value.toFixed(4)));
  return (
    `translate(${number(across)}%, ${number(down)}%) ` +
    `scale(${number(pose.wide / rest.wide)}, ${number(pose.high / rest.high)})`
  );
}
