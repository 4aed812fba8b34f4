// Masks arrive as grey pictures whose values are classes; here they are read and drawn, with the joints on top.

const decoded = { urls: [], masks: [] }; // the last few: one side of a pair stays while the other changes

async function maskPixels(url) {
  const known = decoded.urls.indexOf(url);
  if (known >= 0) return decoded.masks[known];
  const mask = await decodedMask(url);
  decoded.urls = [url, ...decoded.urls].slice(0, 4);
  decoded.masks = [mask, ...decoded.masks].slice(0, 4);
  return mask;
}

async function decodedMask(url) {
  const picture = new Image();
  picture.src = url;
  await picture.decode();
  const reader = make('canvas', { width: picture.width, height: picture.height });
  const context = reader.getContext('2d', { willReadFrequently: true });
  context.drawImage(picture, 0, 0);
  const { data } = context.getImageData(0, 0, picture.width, picture.height);
  const labels = Uint8Array.from({ length: data.length / 4 }, (_, i) => data[4 * i]);
  return { width: picture.width, height: picture.height, labels };
}

const MASK_COVER = 165; // of 255: the crop stays visible under the classes

// Classes in their colours. `shown` says of each class whether it is drawn, `keep` of each pixel.
function paintClasses(canvas, { width, height, labels }, segmentation, { shown = allButBackground(segmentation), keep = null, cover = MASK_COVER } = {}) {
  const image = new ImageData(width, height);
  const inks = new Uint8ClampedArray(4 * 256); // what lies outside the photo has no class, and no colour
  segmentation.palette.forEach((colour, k) => { if (shown[k]) inks.set([...colour, cover], 4 * k); });
  const [from, to] = [new Uint32Array(inks.buffer), new Uint32Array(image.data.buffer)];
  for (let i = 0; i < labels.length; i += 1) if (!keep || keep(i)) to[i] = from[labels[i]];
  Object.assign(canvas, { width, height });
  canvas.getContext('2d').putImageData(image, 0, 0);
}

const allButBackground = ({ names }) => names.map((name) => name !== 'background');

// Photo pixels (x, y) -> pixels of a canvas that covers the crop; pixel centres of the photo are whole.
function onCrop([x, y], canvas, box = view.result.crop.box) {
  return [((x + 0.5 - box[0]) / (box[2] - box[0])) * canvas.width, ((y + 0.5 - box[1]) / (box[3] - box[1])) * canvas.height];
}

function paintJoints(canvas, pose, box = view.result.crop.box) {
  const ink = canvas.getContext('2d');
  const at = pose.keypoints.map((point) => onCrop(point, canvas, box));
  const unit = canvas.width / 128;
  ink.lineCap = 'round';
  for (const [width, halo] of [[2.6 * unit, true], [1.3 * unit, false]]) {
    for (const [a, b, colour] of pose.limbs) {
      const sure = pose.scores[a] >= SURE && pose.scores[b] >= SURE;
      ink.lineWidth = sure ? width : width / 2;
      ink.strokeStyle = halo ? 'rgb(0 0 0 / 0.6)' : colour;
      ink.beginPath();
      ink.moveTo(...at[a]);
      ink.lineTo(...at[b]);
      ink.stroke();
    }
  }
  pose.names.forEach((_, joint) => {
    ink.beginPath();
    ink.arc(...at[joint], 1.6 * unit, 0, 2 * Math.PI);
    ink.lineWidth = unit * 0.6;
    ink.strokeStyle = '#000';
    ink.fillStyle = pose.scores[joint] >= SURE ? pose.colours[joint] : '#0000';
    ink.fill();
    ink.stroke();
  });
}

// From where a joint was to where it is; a joint that stays has no arrow.
function paintArrows(canvas, before, after, width = canvas.width / 128) {
  const ink = canvas.getContext('2d');
  before.keypoints.forEach((point, joint) => {
    if (Math.hypot(after.keypoints[joint][0] - point[0], after.keypoints[joint][1] - point[1]) < MOVED) return;
    const [from, to] = [onCrop(point, canvas), onCrop(after.keypoints[joint], canvas)];
    for (const [colour, size] of [['#000', 2.4 * width], ['#ff7eb0', 1.2 * width]]) strokeArrow(ink, from, to, colour, size, 4 * width);
  });
}

function strokeArrow(ink, from, to, colour, width, head) {
  const angle = Math.atan2(to[1] - from[1], to[0] - from[0]);
  const barb = (turn) => [to[0] - head * Math.cos(angle + turn), to[1] - head * Math.sin(angle + turn)];
  ink.strokeStyle = colour;
  ink.lineWidth = width;
  ink.beginPath();
  ink.moveTo(...from);
  ink.lineTo(...to);
  ink.moveTo(...barb(0.5));
  ink.lineTo(...to);
  ink.lineTo(...barb(-0.5));
  ink.stroke();
}
