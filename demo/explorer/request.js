// What the visitor asks for: a photo from somewhere, a model, a crop; and what they take home.

const LARGEST = 64e6; // bytes; the server refuses more

function say(text) {
  part('message').textContent = text;
  part('message').hidden = !text;
}

function setBusy(text) {
  view.busy = Boolean(text);
  element.classList.toggle('busy', view.busy);
  element.setAttribute('aria-busy', view.busy);
  for (const name of ['choose', 'webcam', 'again', 'snap', 'compare-run', 'switch-run']) part(name).disabled = view.busy || !offer.models.length;
  for (const button of part('examples').children) button.disabled = view.busy;
  view.busyText = text;
  showStatus();
}

// Whether nothing is on its way: what comes back from two requests at once could belong to two results.
function free() {
  if (running()) part('status').textContent = 'one moment: the network is still running';
  return !running();
}

const running = () => view.busy || edits.inFlight || walk.inFlight;

function ask(more) {
  if (!free()) return;
  say('');
  setBusy('the network is looking…');
  const crop = part('crop-choice').value;
  trigger('run_photo', {
    model: part('model-choice').value, flip: part('flip').checked, crop, box: crop === 'box' ? view.wanted : null,
    device: part('device-choice').value || 'auto', ...more,
  });
  poll();
}

// Shown where there is a choice, once a network has run here.
function offerDevices(names) {
  const select = part('device-choice');
  part('device-field').hidden = names.length < 2;
  if (names.length < 2 || select.options.length) return;
  select.append(...['auto', ...names].map((name) => make('option', { value: name, text: name })));
}

async function takeFile(file) {
  if (view.busy || !file) return;
  if (file.size > LARGEST) { say(`This file has ${(file.size / 1e6).toFixed(0)} MB; 64 MB are the most that can be read.`); return; }
  if (file.size === 0) { say('This file is empty; choose a photo.'); return; }
  say('');
  setBusy('sending the photo…');
  let sent = null;
  try {
    sent = await upload(file);
  } catch (error) {
    sent = null;
  }
  setBusy('');
  if (!sent?.path) { say('The photo could not be sent to the server; try again.'); return; }
  setWanted(null);
  if (part('crop-choice').value === 'box') setCrop(usualCrop());
  ask({ upload: sent.path });
}

part('choose').addEventListener('click', () => part('file').click());
part('file').addEventListener('change', (event) => { takeFile(event.target.files[0]); event.target.value = ''; });
part('again').addEventListener('click', () => ask({}));
for (const what of ['everything', 'report', 'notebook']) {
  part(`download-${what}`).addEventListener('click', () => { say(''); trigger('download', { what }); });
}

const drop = part('drop');
element.addEventListener('dragover', (event) => { event.preventDefault(); drop.classList.add('over'); });
element.addEventListener('dragleave', () => drop.classList.remove('over'));
element.addEventListener('drop', (event) => {
  event.preventDefault();
  drop.classList.remove('over');
  takeFile(event.dataTransfer.files[0]);
});
document.addEventListener('paste', (event) => {
  const file = [...(event.clipboardData?.files ?? [])][0];
  if (!file || !element.isConnected) return;
  event.preventDefault();
  takeFile(file);
});

// Webcam: one still, taken by the visitor; the camera is off before and after.
let stream = null;
function closeCamera() {
  stream?.getTracks().forEach((track) => track.stop());
  stream = null;
  part('camera').hidden = true;
  part('drop').hidden = false;
}
part('webcam').addEventListener('click', async () => {
  say('');
  try {
    stream = await navigator.mediaDevices.getUserMedia({ video: { width: { ideal: 1280 } } });
  } catch (error) {
    say('The camera can not be used here: no camera, no permission, or not a secure address.');
    return;
  }
  part('drop').hidden = true;
  part('camera').hidden = false;
  part('video').srcObject = stream;
  await part('video').play();
});
part('close-camera').addEventListener('click', closeCamera);
part('snap').addEventListener('click', () => {
  const video = part('video');
  const still = make('canvas', { width: video.videoWidth, height: video.videoHeight });
  still.getContext('2d').drawImage(video, 0, 0);
  closeCamera();
  still.toBlob((blob) => { if (blob) takeFile(new File([blob], 'webcam.png', { type: 'image/png' })); }, 'image/png');
});
