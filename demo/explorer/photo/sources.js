// Where a photo comes from: a file, dropped, pasted, the webcam, or the stored examples.

import { element, inkOf, make, part } from '../lib/dom.js';
import { offer } from '../state/offer.js';
import { ask, say } from '../state/requests.js';
import { onResult } from '../state/view.js';
import { takeFile } from './ask.js';

export function mount() {
  part('choose').addEventListener('click', () => part('file').click());
  part('file').addEventListener('change', (event) => {
    takeFile(event.target.files[0]);
    event.target.value = '';
  });
  element.addEventListener('dragover', (event) => {
    event.preventDefault();
    part('drop').classList.add('over');
  });
  element.addEventListener('dragleave', () => part('drop').classList.remove('over'));
  element.addEventListener('drop', (event) => {
    event.preventDefault();
    part('drop').classList.remove('over');
    takeFile(event.dataTransfer.files[0]);
  });
  document.addEventListener('paste', (event) => {
    const file = [...(event.clipboardData?.files ?? [])][0];
    if (!file || !element.isConnected) return;
    event.preventDefault();
    takeFile(file);
  });
  part('webcam').addEventListener('click', openCamera);
  part('close-camera').addEventListener('click', closeCamera);
  part('snap').addEventListener('click', snap);
  part('examples').append(...offer.examples.map(exampleButton));
  onResult(({ example }) => {
    for (const button of part('examples').children) {
      button.setAttribute('aria-pressed', button.dataset.example === example);
    }
  });
}

function exampleButton({ name, label, thumbnail }) {
  const picture = make('img', { src: thumbnail, alt: '' });
  const button = make(
    'button',
    { type: 'button', 'data-example': name, title: label },
    picture,
    make('span', { text: label }),
  );
  button.addEventListener('click', () => ask('show_example', { example: name }, 'opening the stored result…'));
  return button;
}

// Webcam: one still, taken by the visitor; the camera is off before and after.
/** @type {MediaStream | null} */
let stream = null;

async function openCamera() {
  say('');
  try {
    stream = await navigator.mediaDevices.getUserMedia({ video: { width: { ideal: 1280 } } });
  } catch {
    say('The camera can not be used here: no camera, no permission, or not a secure address.');
    return;
  }
  part('drop').hidden = true;
  part('camera').hidden = false;
  part('video').srcObject = stream;
  await part('video').play();
}

function closeCamera() {
  stream?.getTracks().forEach((track) => track.stop());
  stream = null;
  part('camera').hidden = true;
  part('drop').hidden = false;
}

function snap() {
  const video = part('video');
  const still = make('canvas', { width: video.videoWidth, height: video.videoHeight });
  inkOf(still).drawImage(video, 0, 0);
  closeCamera();
  still.toBlob((blob) => {
    if (blob) takeFile(new File([blob], 'webcam.png', { type: 'image/png' }));
  }, 'image/png');
}
