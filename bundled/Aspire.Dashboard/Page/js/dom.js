// Elements are made here and nowhere else. Text goes in as text: there is no way from a string to markup.

const svgNamespace = 'http://www.w3.org/2000/svg';

export const h = (tag, props, ...children) => fill(document.createElement(tag), props, children);

export const s = (tag, props, ...children) => fill(document.createElementNS(svgNamespace, tag), props, children);

function fill(element, props, children) {
  for (const [name, value] of Object.entries(props ?? {})) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith('on')) element.addEventListener(name.slice(2), value);
    else if (name === 'text') element.textContent = value;
    else if (name === 'value' || name === 'checked' || name === 'disabled' || name === 'selected') element[name] = value;
    else element.setAttribute(name, value === true ? '' : value);
  }
  element.append(...children.flat(3).filter(child => child !== null && child !== undefined && child !== false));
  return element;
}

const paths = {
  resources: 'M4 5h16v5H4zM4 14h16v5H4zM8 7.5h.01M8 16.5h.01',
  console: 'M5 7l4 5-4 5M12 17h7',
  logs: 'M5 6h14M5 10h14M5 14h9M5 18h6',
  traces: 'M4 6h9M8 12h10M14 18h6',
  metrics: 'M4 18l5-7 4 4 7-9',
  search: 'M11 4a7 7 0 1 0 0 14 7 7 0 0 0 0-14zM16.5 16.5L21 21',
  start: 'M8 5l11 7-11 7z',
  stop: 'M7 7h10v10H7z',
  restart: 'M19 12a7 7 0 1 1-2.3-5.2M19 4v4h-4',
  close: 'M6 6l12 12M18 6L6 18',
  theme: 'M12 4a8 8 0 1 0 8 8 6 6 0 0 1-8-8z',
  back: 'M15 5l-7 7 7 7',
  error: 'M12 8v5M12 16.5v.01M12 3l9.5 17h-19z',
};

export const icon = name => s('svg', { class: 'icon', viewBox: '0 0 24 24', 'aria-hidden': 'true' }, s('path', { d: paths[name] }));

/** Shows a changing list and leaves alone what stays, so that focus and scroll position survive. */
export function keyedList(parent, keyOf, create) {
  let rows = new Map();
  return items => {
    const next = new Map();
    let place = parent.firstChild;
    for (const item of items) {
      const key = keyOf(item);
      if (next.has(key)) continue;
      const row = rows.get(key) ?? create(item);
      row.update(item);
      next.set(key, row);
      if (row.node === place) place = place.nextSibling;
      else parent.insertBefore(row.node, place);
    }
    for (const [key, row] of rows) if (!next.has(key)) row.node.remove();
    rows = next;
    if (!parent.querySelector('[data-row][tabindex="0"]')) parent.querySelector('[data-row]')?.setAttribute('tabindex', '0');
  };
}

/** The text with what was searched for marked. */
export function marked(text, search) {
  if (!search) return [text];
  const parts = [];
  const lower = text.toLowerCase();
  const wanted = search.toLowerCase();
  let at = 0;
  for (let found = lower.indexOf(wanted); found >= 0 && lower.length === text.length; found = lower.indexOf(wanted, at)) {
    parts.push(text.slice(at, found), h('mark', { text: text.slice(found, found + wanted.length) }));
    at = found + wanted.length;
  }
  return [...parts, text.slice(at)];
}

export const tagTable = tags => h('table', { class: 'tags' }, h('tbody', null,
  tags.map(tag => h('tr', null, h('th', { scope: 'row', text: tag.key }), h('td', { text: tag.value })))));

export function toast(text, isBad) {
  const node = h('div', { class: isBad ? 'toast bad' : 'toast', text });
  document.getElementById('toasts').append(node);
  setTimeout(() => node.remove(), 8000);
}

export const emptyNote = (title, text) => h('div', { class: 'empty' }, h('b', { text: title }), text);

export function searchBox(label, value, onInput) {
  let wait;
  const input = h('input', {
    type: 'search', placeholder: label, 'aria-label': label, value: value ?? '', 'data-search': true, spellcheck: 'false', autocomplete: 'off',
    oninput: () => { clearTimeout(wait); wait = setTimeout(() => onInput(input.value.trim()), 150); },
  });
  return h('div', { class: 'search' }, input, icon('search'), h('kbd', { text: '/', 'aria-hidden': 'true' }));
}

/** Options are [value, text] pairs; call set() with others as they change. */
export function choice(label, onChange) {
  const select = h('select', { 'aria-label': label, onchange: () => onChange(select.value) });
  let shown = '';
  return {
    node: select,
    set(options, value) {
      if (value && !options.some(option => option[0] === value)) options = [...options, [value, value]];
      const now = JSON.stringify(options);
      if (now !== shown) select.replaceChildren(...options.map(option => h('option', { value: option[0], text: option[1] })));
      shown = now;
      select.value = value ?? '';
    },
  };
}
