// What the server answers for one frame, as numbers: the layout of demo/live_answer.py, which docs/API.md describes.

const HEADER = 96; // bytes
const [LOOKED, MAPS, EDITED] = [1, 2, 4];

/**
 * @typedef {object} Answer
 * @property {boolean} nobody nobody is followed; the rest is empty
 * @property {boolean} looked whether the finder looked
 * @property {boolean} edited
 * @property {number} identity rises when another person is followed
 * @property {number} milliseconds on the server
 * @property {number[]} crop edges in pixels of the frame
 * @property {number[]} box that asks for the same crop
 * @property {[number, number][]} keypoints
 * @property {number[]} scores
 * @property {Float32Array} channel
 * @property {{ width: number, height: number, gate: Float32Array }} spatial
 * @property {{ values: Float32Array, maps: { width: number, height: number, gate: Float32Array }[] } | null} all
 */

/**
 * @param {ArrayBuffer} buffer
 * @returns {Answer}
 */
export function readAnswer(buffer) {
  const view = new DataView(buffer);
  const magic = buffer.byteLength < HEADER ? '' : String.fromCharCode(...new Uint8Array(buffer, 0, 4));
  if (magic !== 'PSA1') throw new Error(`expected an answer that begins with PSA1, got ${magic || 'nothing'}`);
  const flags = view.getUint8(5);
  const [joints, channels, width, height, blocks] = [6, 8, 10, 12, 14].map((at) => view.getUint16(at, true));
  const doubles = (at) => [0, 1, 2, 3].map((k) => view.getFloat64(at + 8 * k, true));
  let at = HEADER;
  const floats = (count) => {
    const read = new Float32Array(buffer.slice(at, at + 4 * count));
    at += 4 * count;
    return read;
  };
  const places = floats(3 * joints);
  const channel = floats(channels);
  const gate = floats(width * height);
  return {
    nobody: view.getUint8(4) === 0,
    looked: Boolean(flags & LOOKED),
    edited: Boolean(flags & EDITED),
    identity: view.getUint32(16, true),
    milliseconds: view.getFloat32(20, true),
    crop: doubles(24),
    box: doubles(56),
    keypoints: Array.from({ length: joints }, (_, k) => [places[3 * k], places[3 * k + 1]]),
    scores: Array.from({ length: joints }, (_, k) => places[3 * k + 2]),
    channel,
    spatial: { width, height, gate },
    all: flags & MAPS ? readMaps(buffer, at, blocks) : null,
  };
}

function readMaps(buffer, start, blocks) {
  const values = new Float32Array(buffer.slice(start, start + 4 * blocks));
  const sizes = new Uint16Array(buffer.slice(start + 4 * blocks, start + 8 * blocks));
  let at = start + 8 * blocks;
  const maps = Array.from({ length: blocks }, (_, k) => {
    const [width, height] = [sizes[2 * k], sizes[2 * k + 1]];
    const cells = new Uint8Array(buffer, at, width * height);
    at += width * height;
    return { width, height, gate: Float32Array.from(cells, (cell) => cell / 255) };
  });
  return { values, maps };
}
