// The camera, live: one frame under way at a time, the skeleton over it, the chosen block's gates as they move.

import { element, inkOf, part } from '../lib/dom.js';
import { paintJoints } from '../lib/skeleton.js';
import { onSettled } from '../state/answers.js';
import { edits, onEdits, openEdits } from '../state/edits.js';
import { live, setLive, takeFrame } from '../state/live.js';
import { me, say } from '../state/requests.js';
import { hasBlocks, here, view } from '../state/view.js';
import { takeFile } from '../photo/ask.js';
import { closeCamera, grab, nextPicture, openCamera, sent } from './camera.js';
import { Refused, begin, end, send } from './stream.js';

const MAPS_EVERY = 4; // frames: all maps are as many bytes as twenty of one block
const SHARP = 2; // pixels of the picture for one that was sent, for the lines on it
const SMOOTH = 0.2; // of a new measurement in what is shown of the speed

/** @type {{ on: boolean, name: string, facts: any, number: number, picture: Blob | null, answer: any, rate: number, late: number, last: number }} */
const stream = { on: false, name: '', facts: null, number: 0, picture: null, answer: null, rate: 0, late: 0, last: 0 };

export function mount() {
  part('go-live').addEventListener('click', start);
  part('live-stop').addEventListener('click', () => stop());
  part('live-freeze').addEventListener('click', freeze);
  part('live-size').addEventListener('change', open);
  document.addEventListener('visibilitychange', () => {
    if (document.hidden && stream.on) stop('The camera was switched off because the page was out of sight.');
  });
  onEdits(async () => {
    if (!stream.on || !stream.name) return;
    if (needsWhole() && part('live-size').value !== '0') {
      part('live-size').value = '0';
      await open();
    } else await begin({ stream: stream.name, edits: edits.list }).catch(refused);
  });
}

// Painted cells are cells of the result: they fit a frame only if the network sees it as large as the photo.
const needsWhole = () => edits.list.some((edit) => edit.where || edit.cells || Array.isArray(edit.values?.[0]));

async function start() {
  if (live.on || !view.result) return;
  say('');
  try {
    await openCamera();
  } catch {
    say('The camera can not be used here: no camera, no permission, or not a secure address.');
    return;
  }
  stream.on = true;
  setLive(true);
  element.classList.add('living');
  part('live').hidden = false;
  part('live-words').textContent = 'loading the network…';
  if (await open()) follow();
}

async function open() {
  const size = needsWhole() ? 0 : Number(part('live-size').value);
  const device = part('device-choice').value || 'auto';
  try {
    const facts = await begin({ visitor: me, model: view.result.model, device, size, edits: edits.list });
    Object.assign(stream, { name: facts.stream, facts, number: 0, last: 0, rate: 0, late: 0 });
    return true;
  } catch (error) {
    refused(error);
    return false;
  }
}

async function follow() {
  while (stream.on) {
    await nextPicture();
    const seen = performance.now();
    const picture = await grab(stream.facts.longest);
    if (!picture || !stream.on) continue;
    try {
      const answer = await send(stream.name, picture, asked(seen));
      if (stream.on) show(answer, picture, seen);
    } catch (error) {
      refused(error);
      if (stream.on) await new Promise((resolve) => setTimeout(resolve, 300));
    }
  }
}

function asked(seen) {
  const maps = stream.number % MAPS_EVERY === 0 ? '1' : '0';
  const key = part('statistic').value;
  return { at: (seen / 1000).toFixed(4), block: hasBlocks() ? here() : '', maps, statistic: key };
}

function show(answer, picture, seen) {
  const block = hasBlocks() ? here() : '';
  Object.assign(stream, { answer, picture, number: stream.number + 1 });
  paint(answer);
  if (!answer.nobody && answer.channel.length === view.result.blocks[view.block]?.channelGate.length) {
    const all = answer.all && { ...answer.all, names: stream.facts.blocks, key: part('statistic').value };
    takeFrame({ name: block, channel: answer.channel, spatial: answer.spatial, all });
  }
  part('live-freeze').disabled = answer.nobody;
  const now = performance.now();
  const smooth = (old, fresh) => (old ? old + SMOOTH * (fresh - old) : fresh);
  if (stream.last) stream.rate = smooth(stream.rate, 1000 / (now - stream.last));
  Object.assign(stream, { last: now, late: smooth(stream.late, now - seen) });
  const who = answer.nobody ? 'Nobody is seen. ' : answer.edited ? 'Edited. ' : '';
  part('live-words').textContent =
    `${who}${stream.rate.toFixed(1)} frames a second, ${stream.late.toFixed(0)} ms from the camera to the picture, ` +
    `${answer.milliseconds.toFixed(0)} of them in the network.`;
}

function paint(answer) {
  const canvas = part('live-picture');
  Object.assign(canvas, { width: SHARP * sent.width, height: SHARP * sent.height });
  canvas.dataset.frames = String(stream.number);
  const ink = inkOf(canvas);
  ink.drawImage(sent, 0, 0, canvas.width, canvas.height);
  if (answer.nobody) return;
  const [x0, y0, x1, y1] = answer.crop.map((edge) => SHARP * edge);
  ink.strokeStyle = '#fff';
  ink.setLineDash([6, 4]);
  ink.strokeRect(x0, y0, x1 - x0, y1 - y0);
  ink.setLineDash([]);
  const pose = { ...stream.facts.skeleton, keypoints: answer.keypoints, scores: answer.scores };
  if (answer.keypoints.length) paintJoints(canvas, pose, [0, 0, sent.width, sent.height], SHARP);
}

/** @param {any} error */
function refused(error) {
  const text = error instanceof Refused ? error.message : 'The server does not answer; try again later.';
  if (error instanceof Refused && error.code === 'bad-request' && stream.name) say(text);
  else stop(text);
}

/** @param {string} words why, where the visitor did not ask for it */
function stop(words = '') {
  closeCamera();
  if (stream.name) end(stream.name);
  Object.assign(stream, { name: '', on: false });
  setLive(false);
  element.classList.remove('living');
  part('live').hidden = true;
  say(words);
}

// The frame that is shown becomes a photo like any other, with the same crop; what was edited is edited in it.
async function freeze() {
  const { picture, answer } = stream;
  if (!picture || !answer || answer.nobody) return;
  const list = edits.list;
  stop();
  if (list.length) {
    const done = onSettled(() => {
      done();
      openEdits(list);
    });
  }
  await takeFile(new File([picture], 'live.jpg', { type: 'image/jpeg' }), { crop: 'box', box: answer.box });
}
