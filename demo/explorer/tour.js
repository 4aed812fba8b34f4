// The guided tour: a strip above the page that asks for one thing at a time and says what came of it.

const tour = { step: null, memory: null, done: false, achieved: new Set() };

function openTour(step) {
  const number = Math.min(TOUR.length, Math.max(1, Math.round(step)));
  const { title, text, task, tab, guess } = TOUR[number - 1];
  Object.assign(tour, { step: number, done: false });
  openTab(tab);
  part('tour').hidden = false;
  part('tour-count').textContent = `Tour, ${number} of ${TOUR.length}`;
  part('tour-title').textContent = title;
  part('tour-text').textContent = text;
  part('tour-task').textContent = task;
  part('tour-guess-field').hidden = !guess;
  if (guess) part('tour-guess').replaceChildren(make('option', { value: '', text: 'choose' }), ...guess().map((name) => make('option', { value: name, text: name })));
  part('tour-back').disabled = number === 1;
  part('tour-next').textContent = number === TOUR.length ? 'Finish' : 'Next';
  tour.memory = TOUR[number - 1].begin();
  part('tour-found').textContent = '';
  lookAtTour();
  toAddress();
}

function closeTour() {
  tour.step = null;
  part('tour').hidden = true;
  part('tour-start').focus();
  toAddress();
}

// Called after everything that a visitor does or the server answers: it reads the page's state and changes none of it.
function lookAtTour() {
  if (tour.step === null || !view.result) return;
  const step = TOUR[tour.step - 1];
  const missing = view.result.blocks.length === 0 ? `${view.result.model} has no attention; choose a model with “psa” in its name.` : step.needs?.() ?? '';
  tour.done = !missing && view.tab === step.tab && step.done(tour.memory);
  if (tour.done) tour.achieved.add(tour.step);
  part('tour-found').classList.toggle('done', tour.done);
  if (missing) part('tour-found').textContent = missing;
  else if (tour.done) part('tour-found').textContent = `✓ ${step.found(tour.memory)}`;
  else if (view.tab !== step.tab) part('tour-found').textContent = 'This step is on another tab: press Back or Next, or open it above.';
  else part('tour-found').textContent = '';
  part('tour-next').classList.toggle('primary', tour.done);
}

function finishTour() {
  const count = tour.achieved.size;
  say(`You did ${count} of the ${TOUR.length} steps. The same questions, by hand and in code, are in the notebooks; the words are explained under Read.`);
  closeTour();
}

part('tour-start').addEventListener('click', () => { if (view.result) { openTour(1); part('tour-title').focus(); } });
part('tour-back').addEventListener('click', () => { openTour(tour.step - 1); part('tour-title').focus(); });
part('tour-next').addEventListener('click', () => {
  if (tour.step === TOUR.length) { finishTour(); return; }
  openTour(tour.step + 1);
  part('tour-title').focus();
});
part('tour-close').addEventListener('click', closeTour);
for (const name of ['click', 'change', 'keyup', 'pointerup']) element.addEventListener(name, () => queueMicrotask(lookAtTour));
