// The photo: crop, skeleton, the pinned heatmap, the hovered cell, and the box that the visitor draws.

import { byHeat, paintCells } from '../lib/cells.js';
import { make, part, svg } from '../lib/dom.js';
import { THIN } from '../lib/numbers.js';
import { SURE } from '../lib/skeleton.js';
import { onCompared } from '../state/compared.js';
import { onFocus, tell } from '../state/focus.js';
import { framing, onFraming } from '../state/framing.js';
import { onGates } from '../state/showing.js';
import { onTruth } from '../state/truth.js';
import { onJoint, onResult, view } from '../state/view.js';
import { arrowLayer } from './arrows.js';
import { peopleLayer } from './people.js';
import { truthLayer } from './truth.js';

const LIMB = 0.0075; // thickness of a limb, in parts of the crop's longer side

export function mount() {
  onResult(drawPhoto);
  onGates(drawMarks);
  onJoint(drawChoice);
  onCompared(drawMarks);
  onTruth(drawMarks);
  new ResizeObserver(followSize).observe(part('photo-stage'));
  onFraming(showWanted);
  onFocus(markPhoto);
  for (const name of ['show-skeleton', 'show-crop']) part(name).addEventListener('change', drawChoice);
}

function drawChoice() {
  drawMarks();
  drawPinned();
  tell();
}

function drawPhoto(result) {
  const { width, height, src } = result.photo;
  part('photo').src = src;
  const stage = part('photo-stage');
  stage.style.aspectRatio = `${width} / ${height}`;
  stage.style.setProperty('--shape', width / height);
  part('photo-marks').setAttribute('viewBox', `0 0 ${width} ${height}`);
  const [x0, y0, x1, y1] = result.crop.box;
  Object.assign(part('photo-overlay').style, {
    left: `${(100 * x0) / width}%`,
    top: `${(100 * y0) / height}%`,
    width: `${(100 * (x1 - x0)) / width}%`,
    height: `${(100 * (y1 - y0)) / height}%`,
  });
  const seen = result.crop.box.map((edge) => edge.toFixed(0));
  part('photo-crop').textContent =
    `In pixels of the photo, the network saw ${seen[0]}, ${seen[1]} to ${seen[2]}, ${seen[3]} (left, top to right, ` +
    `bottom), as ${sizeOf(result.crop)} pixels of its own.`;
  const who = result.pose ? `${result.pose.names.length} joints` : 'no joints';
  part('photo').alt = `The photo, ${width} by ${height} pixels, with the crop that the network saw and ${who}`;
  part('side-key').replaceChildren(...(result.pose ? sideKey(result.pose) : []));
  drawMarks();
  drawPinned();
}

const sizeOf = ({ width, height }) => `${width}${THIN}×${THIN}${height}`;

function sideKey(pose) {
  const keys = ['left', 'right']
    .filter((side) => pose.sides.includes(side))
    .map((side) =>
      make('span', {}, make('i', { style: { background: pose.colours[pose.sides.indexOf(side)] } }), side),
    );
  if (pose.scores.some((score) => score < SURE)) {
    keys.push(make('span', {}, make('i', { class: 'hollow' }), `score < ${SURE}`));
  }
  return keys;
}

// The photo's own pixels as units, so that every line lies where the numbers say; +0.5 because pixel centres are whole.
function drawMarks() {
  const { result } = view;
  if (!result) return;
  const { width, height } = result.photo;
  const unit = Math.max(width, height) / 100;
  const [x0, y0, x1, y1] = result.crop.box;
  const layers = [];
  followSize();
  if (part('show-crop').checked) {
    const outside = `M0 0H${width}V${height}H0Z M${x0} ${y0}V${y1}H${x1}V${y0}Z`;
    layers.push(svg('path', { d: outside, class: 'outside', 'fill-rule': 'evenodd' }));
    const inset = Math.min(0.6 * unit, (x1 - x0) / 4);
    const [a, b, c, d] = [
      Math.max(x0, inset),
      Math.max(y0, inset),
      Math.min(x1, width - inset),
      Math.min(y1, height - inset),
    ];
    layers.push(svg('rect', { x: a, y: b, width: Math.max(0, c - a), height: Math.max(0, d - b), class: 'crop' }));
  }
  layers.push(...peopleLayer(unit));
  const own = Math.min(unit, Math.max(x1 - x0, y1 - y0) / 100); // of the person: dots follow its size
  if (result.pose && part('show-skeleton').checked) layers.push(skeleton(result.pose, own));
  if (result.pose) layers.push(...truthLayer(result.pose, unit));
  layers.push(
    svg('rect', { class: 'cell under' }),
    svg('rect', { class: 'cell over' }),
    svg('rect', { class: 'wanted under' }),
    svg('rect', { class: 'wanted' }),
  );
  layers.push(...arrowLayer(unit));
  part('photo-marks').replaceChildren(...layers);
  showWanted();
}

// Limbs as thick as the person is large on the screen.
function followSize() {
  const { result } = view;
  if (!result) return;
  const [x0, y0, x1, y1] = result.crop.box;
  const shown = (Math.max(x1 - x0, y1 - y0) / result.photo.width) * part('photo-stage').clientWidth;
  const limb = Math.min(7, Math.max(1, LIMB * shown));
  part('photo-marks').style.setProperty('--limb', `${limb.toFixed(2)}px`);
}

function skeleton(pose, unit) {
  const at = pose.keypoints.map(([x, y]) => [x + 0.5, y + 0.5]);
  const group = svg('g', { class: 'skeleton' });
  for (const ink of ['halo', 'colour']) {
    for (const [a, b, colour] of pose.limbs) {
      const sure = pose.scores[a] >= SURE && pose.scores[b] >= SURE;
      group.append(
        svg('line', {
          x1: at[a][0],
          y1: at[a][1],
          x2: at[b][0],
          y2: at[b][1],
          class: `${ink} ${sure ? '' : 'unsure'}`,
          stroke: ink === 'halo' ? '#000' : colour,
        }),
      );
    }
  }
  pose.names.forEach((name, joint) => {
    const sure = pose.scores[joint] >= SURE;
    const dot = svg('circle', {
      cx: at[joint][0],
      cy: at[joint][1],
      r: unit * (view.joint === joint ? 2.0 : 1.1),
      'data-joint': joint,
      class: `${sure ? 'sure' : 'hollow'} ${view.joint === joint ? 'pinned' : ''}`,
      fill: sure ? pose.colours[joint] : 'none',
      stroke: sure ? '#000' : pose.colours[joint],
    });
    dot.append(svg('title', {}, document.createTextNode(`${name}, score ${pose.scores[joint].toFixed(2)}`)));
    group.append(dot);
  });
  return group;
}

// The visitor's own box.
function showWanted() {
  const shown = framing.wanted && framing.choice === 'box';
  const [x0, y0, x1, y1] = framing.wanted ?? [0, 0, 0, 0];
  const facts = { x: x0, y: y0, width: Math.max(0, x1 - x0), height: Math.max(0, y1 - y0) };
  for (const rect of part('photo-marks').querySelectorAll('.wanted')) {
    rect.style.display = shown ? '' : 'none';
    for (const [name, value] of Object.entries(facts)) rect.setAttribute(name, value);
  }
}

function markPhoto(place) {
  const { result } = view;
  if (!result) return;
  const [x0, y0, x1, y1] = result.crop.box;
  for (const rect of part('photo-marks').querySelectorAll('.cell')) {
    rect.style.display = place ? '' : 'none';
    if (!place) continue;
    rect.setAttribute('x', x0 + (place.u - place.du / 2) * (x1 - x0));
    rect.setAttribute('y', y0 + (place.v - place.dv / 2) * (y1 - y0));
    rect.setAttribute('width', place.du * (x1 - x0));
    rect.setAttribute('height', place.dv * (y1 - y0));
  }
  const words = part('photo-words');
  if (place) {
    const [x, y] = [x0 + place.u * (x1 - x0) - 0.5, y0 + place.v * (y1 - y0) - 0.5];
    words.textContent = `photo pixel ${x.toFixed(0)}, ${y.toFixed(0)} (x, y)`;
  } else if (view.joint !== null && result.pose) {
    const [x, y] = result.pose.keypoints[view.joint];
    words.textContent = `${result.pose.names[view.joint]} at ${x.toFixed(1)}, ${y.toFixed(1)}; its heatmap is on the photo`;
  } else {
    words.textContent = `${sizeOf(result.photo)} px. The network saw what lies inside the dashed line.`;
  }
  words.classList.toggle('live', Boolean(place));
}

/** The chosen joint's heatmap over the photo, on the scale of the small ones. */
export function drawPinned() {
  const { result, joint } = view;
  const canvas = part('photo-heat');
  canvas.hidden = joint === null || !result.pose;
  if (joint === null || !result.pose) return;
  const { width, height, own, shared } = result.pose;
  const scale = part('heat-scale').value === 'own' ? own[joint] : shared;
  paintCells(canvas, result.pose.maps[joint], width, height, scale, byHeat);
}
