// The page's elements: finding them, making them, and groups of buttons of which one is chosen.

/** @type {any} what everything is in; set once, when the page is there */
export let element = null;

/** @param {Element} given */
export function setElement(given) {
  element = given;
}

/**
 * The element whose data-is has this name.
 *
 * @param {string} name
 * @returns {any} as what it is in the HTML beside the view
 */
export const part = (name) => element.querySelector(`[data-is="${name}"]`);

/**
 * @param {string} tag
 * @param {Record<string, any>} attributes `text` and `style` (an object) are set as properties; null is left out
 * @param {...(Node | string)} children
 * @returns {any}
 */
export function make(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name === 'text') node.textContent = value;
    else if (name === 'style') Object.assign(node.style, value);
    else if (value !== null && value !== undefined) node.setAttribute(name, value);
  }
  node.append(...children);
  return node;
}

/**
 * @param {string} tag
 * @param {Record<string, any>} attributes
 * @param {...(Node | string)} children
 */
export function svg(tag, attributes, ...children) {
  const node = document.createElementNS('http://www.w3.org/2000/svg', tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
}

/**
 * Fill a select, and keep what was chosen where it is still offered.
 *
 * @param {HTMLSelectElement} select
 * @param {string[][]} options values and texts
 */
export function fillSelect(select, options) {
  const wanted = select.value;
  select.replaceChildren(...options.map(([value, text]) => make('option', { value, text })));
  if (options.some(([value]) => value === wanted)) select.value = wanted;
}

/** @param {string} name @param {number} usual where nothing can be read @returns {number} whole, from 0 up */
export const wholeNumber = (name, usual = 0) => Math.max(0, Math.round(Number(part(name).value) || usual));

/**
 * Buttons of which one is chosen. Arrow keys move the choice, as in any group of radio buttons.
 *
 * @param {string} name
 * @param {string} first
 * @param {(value: string) => void} changed after the visitor chose
 * @returns {any} the group, with `value` and `choose`, which tells nobody
 */
export function segmented(name, first, changed) {
  const group = part(name);
  const buttons = [...group.querySelectorAll('button')];
  const choose = (value) => {
    group.value = value;
    for (const button of buttons) {
      const chosen = button.dataset.value === value;
      button.setAttribute('aria-checked', chosen);
      button.tabIndex = chosen ? 0 : -1;
    }
  };
  for (const button of buttons) {
    button.addEventListener('click', () => {
      choose(button.dataset.value);
      changed(group.value);
    });
  }
  group.addEventListener('keydown', (event) => {
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const offered = buttons.filter((button) => !button.hidden);
    const now = offered.findIndex((button) => button.dataset.value === group.value);
    const next = offered[(now + step + offered.length) % offered.length];
    next.focus();
    choose(next.dataset.value);
    changed(group.value);
  });
  group.choose = choose;
  choose(first);
  return group;
}

/**
 * @param {HTMLCanvasElement} canvas
 * @returns {CanvasRenderingContext2D}
 */
export function inkOf(canvas, settings = {}) {
  const ink = canvas.getContext('2d', settings);
  if (!ink) throw new Error('this browser draws no canvas');
  return /** @type {CanvasRenderingContext2D} */ (ink);
}
