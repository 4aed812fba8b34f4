// Masks arrive as grey pictures whose values are classes; here they are read and drawn.

import { inkOf, make } from './dom.js';

/** @import { ParsingFacts } from '../types.js' */

/** @typedef {{ width: number, height: number, labels: Uint8Array }} Mask a class for each pixel */

/** @type {{ urls: string[], masks: Mask[] }} */
const decoded = { urls: [], masks: [] }; // the last few: one side of a pair stays while the other changes

/** @param {string} url @returns {Promise<Mask>} */
export async function maskPixels(url) {
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
  const context = inkOf(reader, { willReadFrequently: true });
  context.drawImage(picture, 0, 0);
  const { data } = context.getImageData(0, 0, picture.width, picture.height);
  const labels = Uint8Array.from({ length: data.length / 4 }, (_, i) => data[4 * i]);
  return { width: picture.width, height: picture.height, labels };
}

const MASK_COVER = 165; // of 255: the crop stays visible under the classes

/**
 * Classes in their colours.
 *
 * @param {HTMLCanvasElement} canvas
 * @param {Mask} mask
 * @param {Pick<ParsingFacts, 'names' | 'palette'>} segmentation
 * @param {{ shown?: boolean[], keep?: ((at: number) => boolean) | null, cover?: number }} options which classes and which
 *   pixels are drawn, and how far they cover what lies below, 0 to 255
 */
export function paintClasses(
  canvas,
  { width, height, labels },
  segmentation,
  { shown = allButBackground(segmentation), keep = null, cover = MASK_COVER } = {},
) {
  const image = new ImageData(width, height);
  const inks = new Uint8ClampedArray(4 * 256); // what lies outside the photo has no class, and no colour
  segmentation.palette.forEach((colour, k) => {
    if (shown[k]) inks.set([...colour, cover], 4 * k);
  });
  const [from, to] = [new Uint32Array(inks.buffer), new Uint32Array(image.data.buffer)];
  for (let i = 0; i < labels.length; i += 1) if (!keep || keep(i)) to[i] = from[labels[i]];
  Object.assign(canvas, { width, height });
  inkOf(canvas).putImageData(image, 0, 0);
}

export const allButBackground = ({ names }) => names.map((name) => name !== 'background');
