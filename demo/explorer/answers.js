// Everything that the server says arrives here, and goes to the panel that asked.

const HANDLERS = {
  change: answeredEdits,
  walk: answeredWalk,
  trained: answeredTrained,
  switchboard: answeredSwitchboard,
  compare: answeredCompare,
  evidence: answeredEvidence,
  rank: answeredRank,
  sanity: answeredSanity,
  lies: answeredLies,
  kept: () => {},
};

function answered(value) {
  if (!value || value.kind === 'message') { refused(value); return; }
  setBusy('');
  say('');
  if (value.runs) drawRuns(value.runs);
  if (value.devices) offerDevices(value.devices);
  if (value.kind === 'result') {
    view.asked = value.asked ?? null;
    forget();
    showResult(value);
    arrived();
    next();
    return;
  }
  if (value.base) rebase(value);
  HANDLERS[value.kind](value);
  arrived();
  next();
  lookAtTour();
  if (view.tab === 'evidence') askLies();
}

// What had to wait, because two requests at once could each answer about a state that the other has changed.
function next() {
  if (edits.waiting) sendEdits();
  if (view.tab === 'walk' && walk.value?.block !== here()) askWalk();
}

// The untouched pass of the network itself takes the place of what was stored; what the visitor had chosen stays.
function rebase(value) {
  const { joint } = view;
  if (value.restored) { forget(); view.asked = null; }
  showResult(value.base);
  view.joint = value.restored ? null : joint;
  drawChoice();
}

function forget() {
  forgetEdits();
  forgetOther();
  forgetWalk();
  forgetBoard();
  forgetTest();
  forgetLies();
}

function refused(value) {
  setBusy('');
  if (value) say(value.text);
  if (walk.inFlight) Object.assign(walk, { inFlight: false, refused: here() });
  part('walk-state').textContent = '';
  if (edits.inFlight) refusedEdits(); else if (edits.waiting) sendEdits();
  Object.assign(address, { todo: [], ready: address.begun });
  for (const name of ONLY_WITH_RESULT) part(name).hidden = !view.result;
}
