// The camera, and its frames as they are sent.

import { inkOf, make } from '../lib/dom.js';

/** @type {MediaStream | null} */
let stream = null;
const video = () => /** @type {HTMLVideoElement} */ (shown);
const shown = make('video', { playsinline: '', muted: '' });
/** The frame that was sent last, in pixels of its own. @type {HTMLCanvasElement} */
export const sent = make('canvas');

/** @throws where there is no camera, no permission, or no secure address */
export async function openCamera() {
  stream = await navigator.mediaDevices.getUserMedia({ video: { width: { ideal: 640 }, frameRate: { ideal: 30 } } });
  video().muted = true;
  video().srcObject = stream;
  await video().play();
}

export function closeCamera() {
  stream?.getTracks().forEach((track) => track.stop());
  stream = null;
  video().srcObject = null;
}

/** Resolves when the camera has another picture. */
export const nextPicture = () =>
  new Promise((resolve) => {
    if ('requestVideoFrameCallback' in video()) video().requestVideoFrameCallback(resolve);
    else requestAnimationFrame(resolve);
  });

/**
 * The picture of this moment, as a JPEG.
 *
 * @param {number} longest pixels of its longer side
 * @returns {Promise<Blob | null>}
 */
export function grab(longest) {
  const { videoWidth, videoHeight } = video();
  const scale = Math.min(1, longest / Math.max(videoWidth, videoHeight));
  sent.width = Math.max(1, Math.round(videoWidth * scale));
  sent.height = Math.max(1, Math.round(videoHeight * scale));
  inkOf(sent).drawImage(video(), 0, 0, sent.width, sent.height);
  return new Promise((resolve) => sent.toBlob(resolve, 'image/jpeg', 0.85));
}
