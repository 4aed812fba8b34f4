// What a visitor could not read, hit or name in the open tab: an object of lists, all empty where there is nothing.
({ smallest, target }) => {
  const here = document.querySelector('#explorer [data-is="layout"]').parentElement;
  const shown = (node) => node.checkVisibility({ contentVisibilityAuto: true, visibilityProperty: true });
  const at = (node) => {
    const name = node.closest('[data-is]')?.dataset.is ?? '';
    return `${name} <${node.tagName.toLowerCase()} class="${node.getAttribute('class') ?? ''}"> ${node.textContent.trim().slice(0, 30)}`;
  };
  const found = { small: new Set(), narrow: new Set(), nameless: new Set() };

  const texts = document.createTreeWalker(here, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const node = texts.currentNode.parentElement;
    if (!texts.currentNode.data.trim() || ['STYLE', 'SCRIPT', 'TITLE', 'OPTION', 'OPTGROUP'].includes(node.tagName.toUpperCase())) continue;
    if (!shown(node)) continue;
    const scale = node.ownerSVGElement ? node.getScreenCTM().a : 1;
    const size = scale * parseFloat(getComputedStyle(node).fontSize);
    if (size < smallest - 0.05) found.small.add(`${at(node)}: ${size.toFixed(1)} px`);
  }

  for (const node of here.querySelectorAll('button, select, input, summary, a[href], video[controls], [tabindex="0"]')) {
    if (!shown(node) || node.disabled) continue;
    const label = node.closest('label') ?? node.labels?.[0];
    const boxes = [node, ...(label ? [label] : [])].map((one) => one.getBoundingClientRect());
    const [wide, high] = ['width', 'height'].map((side) => Math.max(...boxes.map((box) => box[side])));
    const inText = node.tagName === 'A' && getComputedStyle(node).display === 'inline';
    if (!inText && (wide < target - 0.5 || high < target - 0.5)) found.narrow.add(`${at(node)}: ${wide.toFixed(0)} by ${high.toFixed(0)} px`);
    const by = (node.getAttribute('aria-labelledby') ?? '').split(' ').map((id) => id && document.getElementById(id)?.textContent);
    const inside = node.tagName !== 'SELECT' && !['group', 'img'].includes(node.getAttribute('role')); // else no name
    const words = [node.getAttribute('aria-label'), ...by, label?.textContent, inside && node.textContent, node.title];
    if (!words.some((text) => text && text.trim())) found.nameless.add(at(node));
  }
  const { left, right } = here.getBoundingClientRect();
  return {
    small: [...found.small],
    narrow: [...found.narrow],
    nameless: [...found.nameless],
    margins: [left, document.documentElement.clientWidth - right],
    sideways: document.documentElement.scrollWidth - document.documentElement.clientWidth,
  };
}
