// A clip: sent, watched by the network frame by frame, then looked at with a slider; the panels draw the frame's gates.

import { readAnswer } from '../live/answer.js';
import { lineChart } from '../lib/chart.js';
import { element, fillSelect, inkOf, make, part } from '../lib/dom.js';
import { bytes } from '../lib/numbers.js';
import { paintJoints } from '../lib/skeleton.js';
import { onAnswer, onRefused } from '../state/answers.js';
import { setLive, takeFrame } from '../state/live.js';
import { ask, me, requests, say, server, setBusy, upload } from '../state/requests.js';
import { hasBlocks, here, onBlock, onLeaving, view } from '../state/view.js';

const SHARP = 2; // pixels of the picture for one of the frame, for the lines on it
const LARGEST = 64e6; // bytes; the server refuses more
const STYLE = { stroke: 'var(--accent)', width: 2 };

/** @type {{ facts: any, answers: any[], pictures: HTMLImageElement[], at: number, playing: number, began: number }} */
const clip = { facts: null, answers: [], pictures: [], at: 0, playing: 0, began: 0 };

export function mount() {
  part('choose-clip').addEventListener('click', () => part('clip-file').click());
  part('clip-file').addEventListener('change', (event) => {
    takeClip(event.target.files[0]);
    event.target.value = '';
  });
  part('clip-slider').addEventListener('input', () => showFrame(Number(part('clip-slider').value)));
  part('clip-play').addEventListener('click', () => (clip.playing ? pause() : play()));
  part('clip-close').addEventListener('click', close);
  part('clip-joint').addEventListener('change', drawCharts);
  part('clip-stop').addEventListener('click', () => server.stop(me).catch(() => say('The server does not answer.')));
  onAnswer('clip', open);
  onRefused(() => watchProgress());
  onBlock(() => {
    if (clip.facts) drawCharts();
  });
  onLeaving(() => {
    if (clip.facts) close();
  });
}

/** @param {File | undefined} file */
async function takeClip(file) {
  if (requests.busy || !file || !view.result) return;
  if (file.size > LARGEST) {
    say(`This file has ${(file.size / 1e6).toFixed(0)} MB; 64 MB are the most that can be read.`);
    return;
  }
  say('');
  setBusy('sending the clip…');
  const sent = await upload(file).catch(() => null);
  setBusy('');
  if (!sent?.path) {
    say('The clip could not be sent to the server; try again.');
    return;
  }
  const { model } = view.result;
  const request = { upload: sent.path, model, block: hasBlocks() ? here() : '', statistic: part('statistic').value };
  if (!ask('clip', request, 'the network watches the clip…')) return;
  clip.began = performance.now();
  watchProgress();
}

async function watchProgress() {
  const running = requests.busy && clip.began > 0 && element.isConnected;
  part('clip-progress').hidden = !running;
  if (!running) return;
  const [done, total] = (await server.progress_of(me).catch(() => null)) ?? [0, 1];
  const left = Math.max(1, Math.round(((performance.now() - clip.began) / 1000) * (total / Math.max(1, done) - 1)));
  part('clip-frames').textContent =
    done > 0 ? `${done} of about ${total} frames${done < total ? `, about ${left} s left` : ''}` : 'waiting…';
  setTimeout(watchProgress, 400);
}

function open(facts) {
  clip.began = 0;
  part('clip-progress').hidden = true;
  clip.facts = facts;
  clip.answers = facts.frames.map(({ answer }) => readAnswer(bytes(answer).buffer));
  clip.pictures = facts.frames.map(({ picture }) => make('img', { src: picture, alt: '' }));
  setLive(true);
  element.classList.add('living');
  for (const name of ['clip', 'clip-panel']) part(name).hidden = false;
  Object.assign(part('clip-slider'), { max: String(facts.frames.length - 1), value: '0' });
  fillSelect(
    part('clip-joint'),
    facts.skeleton.names.map((name, k) => [String(k), name]),
  );
  part('clip-notes').textContent = facts.notes.map((text) => `${text[0].toUpperCase()}${text.slice(1)}.`).join(' ');
  drawConstant();
  clip.pictures[0].decode().then(() => showFrame(0));
}

function showFrame(index) {
  if (!clip.facts) return;
  clip.at = index;
  const { facts } = clip;
  const [answer, picture] = [clip.answers[index], clip.pictures[index]];
  part('clip-slider').value = String(index);
  paint(answer, picture);
  const all = answer.all && { ...answer.all, names: facts.blocks, key: facts.statistic };
  const whole = answer.channel.length ? facts.block : '';
  takeFrame({ name: whole, channel: answer.channel, spatial: answer.spatial, all });
  const seconds = facts.frames[index].seconds.toFixed(2);
  part('clip-words').textContent = `frame ${index + 1} of ${facts.frames.length}, ${seconds} s`;
  drawCharts();
}

function paint(answer, picture) {
  const canvas = part('clip-picture');
  const [width, height] = [picture.naturalWidth, picture.naturalHeight];
  Object.assign(canvas, { width: SHARP * width, height: SHARP * height });
  const ink = inkOf(canvas);
  ink.drawImage(picture, 0, 0, canvas.width, canvas.height);
  const pose = { ...clip.facts.skeleton, keypoints: answer.keypoints, scores: answer.scores };
  if (answer.keypoints.length) paintJoints(canvas, pose, [0, 0, width, height], SHARP);
}

// The chosen joint's height and the chosen block's statistic, over the clip.
function drawCharts() {
  const { facts, answers } = clip;
  const last = facts.frames.at(-1).seconds || 1;
  const tall = clip.pictures[0].naturalHeight;
  const x = facts.frames.map(({ seconds }) => seconds / last);
  const draw = (host, name, values, yLabel) => {
    const label = `${name} through the clip`;
    lineChart(host, {
      x,
      series: [{ name, mean: values, low: values, high: values, style: STYLE }],
      xLabel: `of ${last.toFixed(1)} s`,
      yLabel,
      label,
    });
  };
  const joint = Number(part('clip-joint').value) || 0;
  const name = facts.skeleton.names[joint];
  part('clip-path').hidden = !name;
  if (name) {
    draw(
      part('clip-path'),
      name,
      answers.map(({ keypoints }) => tall - keypoints[joint][1]),
      'pixels above the lower edge',
    );
  }
  const block = facts.blocks.indexOf(hasBlocks() ? here() : '');
  part('clip-statistic').hidden = block < 0;
  if (block < 0) return;
  const words = facts.statistic.replace('-', ' ');
  draw(
    part('clip-statistic'),
    `${here()}: ${words}`,
    answers.map(({ all }) => all.values[block]),
    words,
  );
}

function drawConstant() {
  const { channels, still } = clip.facts;
  const whole = channels.filter(({ count, constant }) => count === constant).length;
  part('clip-constant').textContent =
    `Channel weights: in ${whole} of ${channels.length} blocks every one is constant through the clip ` +
    `(standard deviation below ${still}).`;
  part('clip-varied').replaceChildren(
    ...channels
      .filter(({ varied }) => varied.length)
      .map(({ block, count, constant, varied }) =>
        make('li', {
          text: `${block}: ${count - constant} of ${count} vary; most ${varied.map((one) => `${one.channel} (sd ${one.sd.toFixed(3)})`).join(', ')}`,
        }),
      ),
  );
}

function play() {
  part('clip-play').textContent = 'Pause';
  const step = () => {
    const next = (clip.at + 1) % clip.facts.frames.length;
    showFrame(next);
    const gap = next ? clip.facts.frames[next].seconds - clip.facts.frames[next - 1].seconds : 0.3;
    clip.playing = setTimeout(step, 1000 * gap);
  };
  clip.playing = setTimeout(step, 0);
}

function pause() {
  clearTimeout(clip.playing);
  clip.playing = 0;
  part('clip-play').textContent = 'Play';
}

function close() {
  pause();
  Object.assign(clip, { facts: null, answers: [], pictures: [] });
  setLive(false);
  element.classList.remove('living');
  for (const name of ['clip', 'clip-panel']) part(name).hidden = true;
}
