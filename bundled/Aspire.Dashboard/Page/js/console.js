import { stream } from './api.js';
import { emptyNote, h, marked, searchBox } from './dom.js';
import { timeMs } from './format.js';
import { colorOf } from './services.js';

const maxLines = 10000;
const levels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'];
const links = /(https?:\/\/[^\s"'<>\])]+)|\btrace=([0-9a-f]{32})\b/g;

/** Addresses and traces become links; all else stays text. */
function textOf(text, search) {
  const parts = [];
  let at = 0;
  for (const match of text.matchAll(links)) {
    parts.push(...marked(text.slice(at, match.index), search));
    parts.push(match[1]
      ? h('a', { href: match[1], target: '_blank', rel: 'noopener noreferrer', text: match[1] })
      : h('a', { href: `#/trace/${match[2]}`, text: match[0] }));
    at = match.index + match[0].length;
  }
  return [...parts, ...marked(text.slice(at), search)];
}

export function mount(container, params, app) {
  container.classList.add('fill');
  const chosen = new Set(params.resource ? params.resource.split(',') : []);
  let search = params.q ?? '';
  let level = params.level ?? 'trace';
  let lines = [];
  let waiting = [];
  let source = null;
  let following = true;

  const output = h('div', { class: 'console card', tabindex: '0', role: 'log', 'aria-label': 'Console output' });
  const note = emptyNote('Nothing printed yet', 'Lines appear here as the programs print them.');
  const count = h('span', { class: 'muted num' });
  const jump = h('button', { class: 'button jump', hidden: true, text: 'To the end ↓', onclick: () => { following = true; toEnd(); } });

  const matches = line => levels.indexOf(line.level) >= levels.indexOf(level)
    && (!search || line.text.toLowerCase().includes(search.toLowerCase()));
  const node = line => h('div', { class: `line ${colorOf(line.resource)}`, 'data-level': line.level },
    h('time', { text: timeMs(line.ms) }), h('span', { class: 'who', text: line.resource, title: line.resource }),
    h('span', { class: 'what' }, textOf(line.text, search)));
  const toEnd = () => { output.scrollTop = output.scrollHeight; jump.hidden = true; };

  function say() {
    const shown = output.querySelectorAll('.line').length;
    count.textContent = shown === lines.length ? `${shown} lines` : `${shown} of ${lines.length} lines`;
    note.hidden = lines.length > 0;
  }

  function redraw() {
    output.replaceChildren(...lines.filter(matches).map(node));
    if (following) toEnd();
    say();
  }

  let drawing = false;
  function add(batch) {
    waiting.push(...batch);
    if (drawing) return;
    drawing = true;
    requestAnimationFrame(() => {
      drawing = false;
      const fresh = waiting;
      waiting = [];
      const isLate = lines.length > 0 && fresh.some(line => line.ms < lines[lines.length - 1].ms);
      lines.push(...fresh);
      // Each resource is in order by itself; together they are after sorting.
      if (isLate || fresh.length > 1) lines.sort((a, b) => a.ms - b.ms);
      const tooMany = lines.length - maxLines;
      if (tooMany > 0) lines = lines.slice(tooMany);
      if (isLate || tooMany > 0) { redraw(); return; }
      output.append(...fresh.sort((a, b) => a.ms - b.ms).filter(matches).map(node));
      if (following) toEnd();
      else jump.hidden = false;
      say();
    });
  }

  function listen() {
    source?.close();
    source = stream('console', { resource: [...chosen] });
    source.onopen = () => { lines = []; waiting = []; output.replaceChildren(); say(); };
    source.onmessage = message => {
      if (!app.paused) add(JSON.parse(message.data).map(line => ({ ...line, ms: Date.parse(line.at) })));
    };
  }

  const remember = () => app.remember('console', { resource: [...chosen].join(','), level: level === 'trace' ? '' : level, q: search });
  const chips = h('div', { class: 'chips', role: 'group', 'aria-label': 'Resources' });
  const drawChips = () => chips.replaceChildren(...app.resources.filter(it => it.kind !== 'Parameter').map(resource => h('button', {
    class: `chip ${colorOf(resource.name)}`, text: resource.name,
    'aria-pressed': String(chosen.size === 0 || chosen.has(resource.name)),
    onclick: () => {
      if (chosen.has(resource.name)) chosen.delete(resource.name);
      else chosen.add(resource.name);
      remember(); drawChips(); listen();
    },
  })));
  const levelSelect = h('select', { 'aria-label': 'Lowest level', onchange: event => { level = event.target.value; remember(); redraw(); } },
    levels.map(name => h('option', { value: name, text: name === 'trace' ? 'All levels' : `${name} and worse`, selected: name === level })));
  const wrap = h('label', { class: 'check' }, h('input', {
    type: 'checkbox', checked: true, onchange: event => output.classList.toggle('nowrap', !event.target.checked),
  }), 'Wrap');
  output.addEventListener('scroll', () => {
    following = output.scrollHeight - output.scrollTop - output.clientHeight < 24;
    if (following) jump.hidden = true;
  });
  output.addEventListener('keydown', event => {
    if (event.key === 'End') { following = true; toEnd(); event.preventDefault(); }
    if (event.key === 'Home') { output.scrollTop = 0; event.preventDefault(); }
  });

  container.append(
    h('div', { class: 'bar' }, h('h2', { text: 'Console' }),
      searchBox('Search lines', search, text => { search = text; remember(); redraw(); }), levelSelect, wrap,
      h('button', { class: 'button', text: 'Clear', onclick: () => { lines = []; redraw(); } }), count),
    h('div', { class: 'bar' }, chips),
    h('div', { class: 'console-frame' }, output, note, jump));
  drawChips();
  listen();
  let names = app.resources.map(it => it.name).join();
  const onVisible = () => { if (document.hidden) source.close(); else listen(); };
  document.addEventListener('visibilitychange', onVisible);
  return {
    changed(topic) {
      const now = app.resources.map(it => it.name).join();
      if (topic !== 'resources' || now === names) return;
      names = now;
      drawChips();
      listen();
    },
    resumed: listen,
    unmount() { source.close(); document.removeEventListener('visibilitychange', onVisible); },
  };
}
