// The people found, as boxes with a number on the photo: a click in a box, a button, or the keys 1 to 6 choose one.

import { element, make, part, svg } from '../lib/dom.js';
import { setCrop } from '../state/framing.js';
import { onResult, view } from '../state/view.js';
import { run } from './ask.js';

const TYPING = 'input, select, textarea, dialog'; // there, a number is something else
const BADGE = 20; // pixels on the screen: its number is to be read on the smallest one

export function mount() {
  onResult(offerPeople);
  document.addEventListener('keydown', (event) => {
    const target = /** @type {Element} */ (event.target);
    if (!element.isConnected || event.ctrlKey || event.altKey || event.metaKey || target.closest(TYPING)) return;
    const number = Number(event.key);
    if (Number.isInteger(number) && number >= 1) choosePerson(number - 1);
  });
}

const peopleOf = (result) => result?.people ?? [];

function offerPeople(result) {
  const people = peopleOf(result);
  part('people').hidden = people.length < 2;
  const words = make('span', { text: `${people.length} people found` });
  const buttons = people.map((one, k) => {
    const button = make('button', {
      type: 'button',
      text: String(k + 1),
      'aria-pressed': String(k === result.person),
      'aria-label': `person ${k + 1}, score ${one.score.toFixed(2)}`,
      'data-person': k,
    });
    button.addEventListener('click', () => choosePerson(k));
    return button;
  });
  const had = part('people').contains(document.activeElement);
  part('people').replaceChildren(words, ...buttons);
  if (had) buttons[result.person ?? 0]?.focus();
}

/** @param {number} k of the people found; the network is shown another one only if it is another */
function choosePerson(k) {
  const { result } = view;
  if (k === result?.person || k >= peopleOf(result).length) return;
  setCrop('person');
  run({ crop: 'person', box: null, person: k });
}

/**
 * A click on somebody who is not shown chooses them.
 *
 * @param {number[]} point in pixels of the photo
 * @returns {boolean} whether it was one
 */
export function clickedPerson([x, y]) {
  const { result } = view;
  const hit = peopleOf(result).flatMap(({ box: [x0, y0, x1, y1] }, k) =>
    k !== result.person && x >= x0 && x < x1 && y >= y0 && y < y1 ? [{ k, area: (x1 - x0) * (y1 - y0) }] : [],
  );
  if (!hit.length || peopleOf(result).length < 2) return false;
  choosePerson(hit.toSorted((a, b) => a.area - b.area)[0].k);
  return true;
}

/** @param {number} unit a hundredth of the photo's longer side */
export function peopleLayer(unit) {
  const { result } = view;
  const people = peopleOf(result);
  if (people.length < 2) return [];
  const onScreen = part('photo-stage').clientWidth / result.photo.width;
  const badge = Math.max(5 * unit, BADGE / onScreen);
  return people.map(({ box: [x0, y0, x1, y1] }, k) => {
    const group = svg('g', { class: k === result.person ? 'someone shown' : 'someone', 'data-someone': k });
    const size = { x: x0, y: y0, width: x1 - x0, height: y1 - y0 };
    group.append(
      svg('rect', { ...size, class: 'under' }),
      svg('rect', { ...size, class: 'over' }),
      svg('rect', { x: x0, y: y0, width: badge, height: badge, class: 'badge-box' }),
      svg(
        'text',
        { x: x0 + badge / 2, y: y0 + 0.78 * badge, 'font-size': 0.8 * badge, 'text-anchor': 'middle' },
        document.createTextNode(String(k + 1)),
      ),
    );
    return group;
  });
}
