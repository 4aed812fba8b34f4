// A name that only this page knows: with it the server says how many requests are before its own, and takes them back.

const LOOK = 700; // milliseconds between two looks at the line
const me = [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, '0')).join('');
const plainTrigger = trigger;
let nextLook = null;

// What is shown goes along: a server that has forgotten it must not answer about something else.
trigger = (name, request) => {
  plainTrigger(name, { ...request, visitor: me, shown: view.result ? view.result.example ?? 'own' : null });
  clearTimeout(nextLook);
  nextLook = setTimeout(lookAhead, LOOK);
};

async function lookAhead() {
  const waiting = view.busy || edits.inFlight || walk.inFlight;
  const before = waiting ? await server.line(me).catch(() => 0) : 0;
  part('leave').hidden = before === 0;
  part('leave').textContent = `${before} before you: cancel`;
  clearTimeout(nextLook);
  if (waiting && element.isConnected) nextLook = setTimeout(lookAhead, LOOK);
}

part('leave').addEventListener('click', () => {
  part('leave').hidden = true;
  server.leave(me).catch(() => say('The server does not answer; the request may still run.'));
});
