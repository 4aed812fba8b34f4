// Why a step of a block exists, in one sentence: by the key that it has under every formula.

/** @type {Record<string, string>} */
const REASONS = {
  x: 'What the block is given: the features of this place in the network, as they come.',
  'channel.query': 'One number for each cell, so that the block can say which cells speak for the whole photo.',
  'channel.softmax': 'The cells compete: their weights add up to one, so a few cells can stand for all of space.',
  'channel.value': 'Half as many channels, each with all of its cells: what is to be summed up.',
  'channel.product': 'Space is gone now: each inner channel becomes one number, its mean under those weights.',
  'channel.narrow': 'A bottleneck: fewer numbers than channels, so that channels have to share what they know.',
  'channel.relu': 'What is below zero is cut off, so that the bottleneck is more than one matrix.',
  'channel.out': 'Back to one number for each channel of the features, so that every channel can have its own weight.',
  'channel.norm': 'All channels are brought to one spread: what counts is which channel stands out from the others.',
  'channel.gate': 'Squeezed into 0 to 1: one weight for each channel, the same in every cell.',
  'spatial.query': 'Inner channels that will say which kind of feature matters in this photo.',
  'spatial.pooled': 'Its mean over all cells: one number for each inner channel, and space is gone on this side.',
  'spatial.softmax':
    'The values compete and add up to one: the sharper the choice, the more the map follows few of them.',
  'spatial.value': 'The other side keeps every cell: what the map is made from.',
  'spatial.product': 'Channels fold into one number for each cell: how much of the chosen kind of feature is there.',
  'spatial.gate': 'Squeezed into 0 to 1: one number for each cell, the same for every channel.',
  gain: 'Side by side, the gates add: this is what each feature is multiplied by, from 0 to 2.',
  z: 'The channel weights come first; the spatial branch sees what they let through.',
  y: 'What the block hands on: the same features, some of them louder, some of them quieter.',
};

/** @param {string} key of a step */
export const reasonOf = (key) => REASONS[key] ?? '';
