// Everything that the server says arrives here, and goes to the panel that asked.

const HANDLERS = {
  change: answeredEdits,
  walk: answeredWalk,
  trained: answeredTrained,
  switchboard: answeredSwitchboard,
  compare: answeredCompare,
  kept: () => {},
};

function answered(value) {
  if (!value || value.kind === 'message') { refused(value); return; }
  setBusy('');
  say('');
  if (value.runs) drawRuns(value.runs);
  if (value.devices) offerDevices(value.devices);
  if (value.kind === 'result') {
    forget();
    showResult(value);
    arrived();
    return;
  }
  if (value.base) rebase(value);
  HANDLERS[value.kind](value);
  arrived();
  lookAtTour();
}

// The untouched pass of the network itself takes the place of what was stored; what the visitor had chosen stays.
function rebase(value) {
  const { joint } = view;
  if (value.restored) forget();
  showResult(value.base);
  view.joint = value.restored ? null : joint;
  drawChoice();
}

function forget() {
  forgetEdits();
  forgetOther();
  forgetWalk();
  forgetBoard();
}

function refused(value) {
  setBusy('');
  if (value) say(value.text);
  if (edits.inFlight) refusedEdits(); else if (edits.waiting) sendEdits();
  walk.inFlight = false;
  Object.assign(address, { todo: [], ready: address.begun });
  for (const name of ONLY_WITH_RESULT) part(name).hidden = !view.result;
}
