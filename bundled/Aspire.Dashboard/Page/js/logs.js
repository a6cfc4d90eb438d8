import { get, refresher } from './api.js';
import { choice, emptyNote, h, keyedList, marked, searchBox, tagTable, toast } from './dom.js';
import { severity, timeMs } from './format.js';
import { serviceLabel } from './services.js';

const page = 200;
const severities = [['', 'All levels'], ['5', 'debug and worse'], ['9', 'info and worse'], ['13', 'warn and worse'], ['17', 'error and worse']];

// Instances with names say more than their service; ids made up by a machine say less.
const nameOf = entry => entry.instance && entry.instance.length <= 24 ? entry.instance : entry.service;

/** One log record; its attributes open below it. */
export function logRow(entry, search) {
  const level = severity(entry.severity);
  const detail = h('div', { class: 'log-detail', hidden: true });
  const line = h('div', {
    class: 'log-line', 'data-row': true, tabindex: '-1', role: 'button', 'aria-expanded': 'false',
    onclick: event => { if (!event.target.closest('a')) toggle(); },
    onkeydown: event => { if ((event.key === 'Enter' || event.key === ' ') && event.target === line) { event.preventDefault(); toggle(); } },
  },
  h('time', { class: 'num', text: timeMs(entry.atMicros / 1000) }),
  h('span', { class: 'level', text: level }),
  serviceLabel(entry.service, nameOf(entry)),
  h('span', { class: 'message' }, marked(entry.message, search)),
  entry.traceId ? h('a', { href: `#/trace/${entry.traceId}?span=${entry.spanId ?? ''}`, class: 'mono', title: 'Open its trace', text: entry.traceId.slice(0, 7) }) : h('span'));
  const toggle = () => {
    detail.hidden = !detail.hidden;
    line.setAttribute('aria-expanded', String(!detail.hidden));
    if (!detail.hidden && !detail.firstChild)
      detail.append(tagTable([{ key: 'message', value: entry.message }, { key: 'category', value: entry.category },
        { key: 'instance', value: entry.instance }, ...entry.tags].filter(tag => tag.value !== '')));
  };
  return { node: h('li', { class: 'log', 'data-level': level }, line, detail), update() {} };
}

export function mount(container, params, app) {
  const filter = { service: params.service ?? '', severity: params.severity ?? '', q: params.q ?? '', trace: params.trace ?? '' };
  let older = [];
  let next = null;
  const items = h('ol', { class: 'log-list card', 'data-list': true });
  let list = null;
  const empty = emptyNote('No log records', 'They come over OTLP from services that send them. Try another filter, or the console.');
  const held = h('span', { class: 'muted num' });
  const services = choice('Service', value => { filter.service = value; changed(); });
  const levels = choice('Lowest level', value => { filter.severity = value; changed(); });
  levels.set(severities, filter.severity);
  const more = h('button', {
    class: 'button more', text: 'Load older', hidden: true,
    onclick: async () => {
      const result = await get('logs', { ...filter, limit: page, before: next });
      older = older.concat(result.logs);
      next = result.next;
      draw();
    },
  });
  let latest = [];
  let total = 0;

  const load = refresher(
    signal => get('logs', { ...filter, limit: page }, signal),
    result => {
      // What has scrolled out of the first page stays below it.
      const oldest = result.logs.at(-1)?.number ?? 0;
      older = [...latest, ...older].filter(entry => entry.number < oldest).slice(0, 3000);
      if (older.length === 0) next = result.next;
      latest = result.logs;
      total = result.held;
      services.set([['', 'All services'], ...result.services.map(it => [it.name, it.name])], filter.service);
      draw();
    },
    fault => toast(fault.message, true));

  function draw() {
    list(latest.concat(older));
    empty.hidden = latest.length > 0;
    items.hidden = latest.length === 0;
    more.hidden = next === null;
    held.textContent = `${total} kept`;
  }

  function start() {
    older = [];
    latest = [];
    items.replaceChildren();
    list = keyedList(items, entry => entry.number, entry => logRow(entry, filter.q));
  }

  function changed() {
    app.remember('logs', filter);
    start();
    load.restart();
  }

  container.append(
    h('div', { class: 'bar' }, h('h2', { text: 'Logs' }),
      searchBox('Search messages and attributes', filter.q, text => { filter.q = text; changed(); }), services.node, levels.node,
      filter.trace && h('button', { class: 'chip', text: `trace ${filter.trace.slice(0, 7)} ✕`, onclick: event => { filter.trace = ''; event.target.remove(); changed(); } }),
      held),
    items, empty, more);
  start();
  load.run();
  return { changed: topic => { if (topic === 'logs') load.run(); }, unmount: load.stop };
}
