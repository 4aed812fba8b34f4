// A printed formula set like one: "A_ch = sigmoid(W_z z)" as MathML. Its plain text stays in the label.

const SPACE = 'http://www.w3.org/1998/Math/MathML';
const WORDS = new Set(['sigmoid', 'softmax', 'LayerNorm', 'ReLU', 'GAP', 'mean']);
const TOKEN = /[A-Za-z]+(?:_[A-Za-z0-9]+)?ᵀ?|\d+(?:\.\d+)?|\s+|./gu;

/**
 * @param {string} text
 * @returns {string[][]} kind and text of each part: "name", "word" (of a sentence), "number" or "sign"
 */
export function partsOf(text) {
  return [...text.matchAll(TOKEN)]
    .map(([found]) => found)
    .filter((found) => found.trim())
    .map((found) => {
      if (/^\d/.test(found)) return ['number', found];
      if (!/^[A-Za-z]/.test(found)) return ['sign', found];
      const symbol = WORDS.has(found) || found.includes('_') || found.endsWith('ᵀ') || /^[A-Za-z]$/.test(found);
      return [symbol ? 'name' : 'word', found];
    });
}

/** @param {string} text */
export function mathOf(text) {
  const row = node('mrow', ...partsOf(text).map(([kind, found]) => element(kind, found)));
  const math = node('math', row);
  math.setAttribute('aria-label', text);
  return math;
}

function element(kind, text) {
  if (kind === 'number') return node('mn', text);
  if (kind === 'sign') return node('mo', text);
  if (kind === 'word') return node('mtext', `\u00a0${text}\u00a0`);
  const [, letters, below, turned] = text.match(/^([A-Za-z]+)(?:_([A-Za-z0-9]+))?(ᵀ)?$/) ?? [];
  const base = node('mi', letters);
  if (letters.length > 1) base.setAttribute('mathvariant', 'normal');
  const low = below ? node('msub', base, node('mi', below)) : base;
  return turned ? node('msup', low, node('mi', 'T')) : low;
}

/**
 * @param {string} tag
 * @param {...(Node | string)} children
 */
function node(tag, ...children) {
  const made = document.createElementNS(SPACE, tag);
  made.append(...children);
  return made;
}
