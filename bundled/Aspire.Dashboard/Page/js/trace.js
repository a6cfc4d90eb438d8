import { get, link } from './api.js';
import { emptyNote, h, icon, s, searchBox, tagTable } from './dom.js';
import { dateTime, nanos } from './format.js';
import { logRow } from './logs.js';
import { colorOf, serviceLabel } from './services.js';
import { layOut, matches, ticks } from './spans.js';

const firstRows = 1500;

function spanDetail(span, trace, logs) {
  const facts = [
    ['service', span.source.service], ['instance', span.source.instance], ['kind', span.kind], ['began after', nanos(span.startNanos)],
    ['took', nanos(span.durationNanos)], ['of it itself', nanos(span.selfNanos)], ['outcome', span.outcome === 'Unset' ? '' : span.outcomeText ? `${span.outcome}: ${span.outcomeText}` : span.outcome],
    ['scope', span.scope], ['span id', span.id],
  ].filter(([, value]) => value !== '');
  const mine = logs.filter(entry => entry.spanId === span.id);
  return h('div', { class: `span-detail ${colorOf(span.source.service)}` },
    h('dl', { class: 'facts' }, facts.map(([key, value]) => h('div', null, h('dt', { text: key }), h('dd', { text: value })))),
    span.tags.length > 0 && [h('h3', { text: 'Attributes' }), tagTable(span.tags)],
    span.events.length > 0 && [h('h3', { text: 'Events' }), span.events.map(event => h('div', { class: 'event' },
      h('p', null, h('b', { text: event.name }), h('span', { class: 'muted num', text: ` after ${nanos(event.atNanos)}` })), tagTable(event.tags)))],
    span.links.length > 0 && [h('h3', { text: 'Links' }), h('ul', null, span.links.map(it =>
      h('li', null, h('a', { class: 'mono', href: link(`trace/${it.traceId}`, { span: it.spanId }), text: `${it.traceId} / ${it.spanId}` }))))],
    mine.length > 0 && [h('h3', { text: 'Logs' }), h('ol', { class: 'log-list', 'data-list': true }, mine.map(entry => logRow(entry).node))],
    span.source.tags.length > 0 && h('details', null, h('summary', { text: 'Process' }), tagTable(span.source.tags)));
}

/** The whole trace in small; drag over a part of it to see that part in large. */
function minimap(spans, total, onZoom) {
  const height = 56;
  const width = 1000;
  const depth = Math.max(...spans.map(span => span.depth)) + 1;
  const step = Math.min(8, height / Math.max(depth, Math.min(spans.length, 40)));
  const shade = s('rect', { class: 'zoom', y: 0, height, width: 0, hidden: true });
  const picture = s('svg', { class: 'minimap', viewBox: `0 0 ${width} ${height}`, preserveAspectRatio: 'none', 'aria-hidden': 'true' },
    spans.slice(0, 2000).map((span, i) => s('rect', {
      class: `${colorOf(span.source.service)} ${span.outcome === 'Error' ? 'bad' : ''}`,
      x: span.startNanos / total * width, width: Math.max(1.5, span.durationNanos / total * width),
      y: ((spans.length > 40 ? span.depth : i) * step) % (height - 2), height: Math.max(1.5, step - 2),
    })), shade);
  let from = null;
  const at = event => {
    const box = picture.getBoundingClientRect();
    return Math.min(1, Math.max(0, (event.clientX - box.left) / box.width));
  };
  const draw = (a, b) => {
    shade.removeAttribute('hidden');
    shade.setAttribute('x', Math.min(a, b) * width);
    shade.setAttribute('width', Math.abs(b - a) * width);
  };
  picture.addEventListener('pointerdown', event => { from = at(event); picture.setPointerCapture(event.pointerId); });
  picture.addEventListener('pointermove', event => { if (from !== null) draw(from, at(event)); });
  picture.addEventListener('pointerup', event => {
    const to = at(event);
    const [a, b] = [Math.min(from, to), Math.max(from, to)];
    from = null;
    if (b - a < 0.005) { shade.setAttribute('hidden', ''); onZoom(0, total); } else onZoom(a * total, b * total);
  });
  return picture;
}

function drawTrace(container, trace, logs, params) {
  const spans = layOut(trace);
  const total = Math.max(trace.durationNanos, 1);
  const view = { from: 0, to: total };
  const folded = new Set();
  const rows = new Map();
  const ruler = h('div', { class: 'ruler', 'aria-hidden': 'true' });
  const body = h('div', { class: 'spans', role: 'tree', 'aria-label': 'Spans', 'data-list': true });
  const found = h('span', { class: 'muted num' });
  const zoomed = h('button', { class: 'chip', hidden: true, text: 'Whole trace', onclick: () => zoom(0, total) });

  const errors = spans.filter(span => span.outcome === 'Error').length;
  const services = [...new Map(spans.map(span => [span.source.service, null])).keys()];
  const instances = new Set(spans.map(span => `${span.source.service} ${span.source.instance}`)).size;

  function place(row, span) {
    const width = view.to - view.from;
    const left = (span.startNanos - view.from) / width * 100;
    const size = span.durationNanos / width * 100;
    row.bar.style.left = `${left}%`;
    row.bar.style.width = `max(3px, ${size}%)`;
    // The label stands where there is room: behind the bar, before it, or in it.
    const side = left + size < (innerWidth < 760 ? 68 : 86) ? 'after' : left > 24 ? 'before' : 'inside';
    row.label.dataset.side = side;
    row.label.style.left = side === 'after' ? `calc(max(${Math.max(left + size, 0)}%, ${Math.max(left, 0)}% + 3px) + 6px)` : side === 'inside' ? `calc(${Math.max(left, 0)}% + 6px)` : '';
    row.label.style.right = side === 'before' ? `calc(${100 - left}% + 6px)` : '';
    row.ticks.forEach((tick, i) => { tick.style.left = `${(span.events[i].atNanos - view.from) / width * 100}%`; });
  }

  function makeRow(span) {
    const bar = h('span', { class: 'span-bar' });
    const label = h('span', { class: 'span-time num', text: nanos(span.durationNanos) });
    const marks = span.events.slice(0, 50).map(event => h('span', { class: 'span-event', title: event.name }));
    const caret = span.children.length > 0
      ? h('button', { class: 'caret', tabindex: '-1', 'aria-label': 'Fold or unfold', text: span.children.length, onclick: event => { event.stopPropagation(); fold(span, !folded.has(span)); } })
      : h('span', { class: 'caret none' });
    const name = h('span', { class: 'span-name' }, caret,
      span.outcome === 'Error' && h('span', { class: 'span-error', title: span.outcomeText || 'Error' }, icon('error')),
      h('b', { text: span.source.service }), h('span', { text: span.name }));
    name.style.paddingLeft = `${10 + Math.min(span.depth, 24) * 14}px`;
    const line = h('div', {
      class: 'span-line', role: 'treeitem', 'aria-level': span.depth + 1, 'aria-expanded': span.children.length ? 'true' : null,
      'aria-label': `${span.source.service} ${span.name}, ${nanos(span.durationNanos)}${span.outcome === 'Error' ? ', error' : ''}`,
      'data-row': true, tabindex: '-1', 'data-span': span.id,
      onclick: () => toggle(span),
      onkeydown: event => key(event, span),
    }, name, h('span', { class: 'span-track' }, bar, marks, label));
    const node = h('div', { class: `span ${colorOf(span.source.service)}` }, line);
    const row = { node, line, bar, label, ticks: marks, detail: null };
    rows.set(span, row);
    place(row, span);
    return node;
  }

  function key(event, span) {
    if (event.target !== rows.get(span).line) return;
    if (event.key === 'Enter' || event.key === ' ') { event.preventDefault(); toggle(span); }
    if (event.key === 'ArrowLeft') {
      if (span.children.length && !folded.has(span)) fold(span, true);
      else rows.get(span.parent)?.line.focus();
    }
    if (event.key === 'ArrowRight' && folded.has(span)) fold(span, false);
  }

  function toggle(span) {
    const row = rows.get(span);
    if (row.detail) { row.detail.remove(); row.detail = null; } else row.node.append(row.detail = spanDetail(span, trace, logs));
    row.node.classList.toggle('open', Boolean(row.detail));
  }

  function fold(span, isFolded) {
    if (isFolded) folded.add(span);
    else folded.delete(span);
    rows.get(span).line.setAttribute('aria-expanded', String(!isFolded));
    rows.get(span).node.classList.toggle('folded', isFolded);
    for (const other of rows.keys()) {
      let isHidden = false;
      for (let above = other.parent; above; above = above.parent) isHidden ||= folded.has(above);
      const row = rows.get(other);
      row.node.hidden = isHidden;
      row.line.toggleAttribute('data-row', !isHidden);
    }
  }

  function zoom(from, to) {
    [view.from, view.to] = [from, to];
    zoomed.hidden = from === 0 && to === total;
    const steps = ticks(from, to, 6);
    ruler.replaceChildren(...steps.map(at => {
      const tick = h('span', { class: 'num', text: at === 0 ? '0' : nanos(at) });
      tick.style.left = `${(at - from) / (to - from) * 100}%`;
      return tick;
    }));
    body.style.setProperty('--grid', `${(steps[1] - steps[0]) / (to - from) * 100}%`);
    for (const [span, row] of rows) place(row, span);
  }

  function showRest() {
    if (rest.hidden) return;
    body.append(...spans.slice(firstRows).map(makeRow));
    rest.hidden = true;
  }

  function search(text) {
    let hits = 0;
    if (text && spans.slice(firstRows).some(span => matches(span, text))) showRest();
    for (const [span, row] of rows) {
      const isHit = text && matches(span, text);
      hits += isHit ? 1 : 0;
      row.node.classList.toggle('hit', Boolean(isHit));
      row.node.classList.toggle('miss', Boolean(text) && !isHit);
    }
    found.textContent = text ? `${hits} found` : '';
    if (hits) [...rows.values()].find(row => row.node.classList.contains('hit')).node.scrollIntoView({ block: 'nearest' });
  }

  const root = spans[0];
  const rest = h('button', {
    class: 'button more', hidden: spans.length <= firstRows, text: `Show ${spans.length - firstRows} more spans`,
    onclick: showRest,
  });
  body.append(...spans.slice(0, firstRows).map(makeRow));
  container.replaceChildren(...[
    h('div', { class: 'trace-head' },
      h('a', { href: '#/traces', class: 'icon-button', 'aria-label': 'Back to the traces', onclick: event => { if (history.length > 1) { event.preventDefault(); history.back(); } } }, icon('back')),
      h('div', { class: 'trace-heading' }, h('h2', null, serviceLabel(root.source.service), ' ', root.name),
        h('p', { class: 'muted' }, h('span', { class: 'mono', text: trace.id }), ` began ${dateTime(trace.startMicros / 1000)}`)),
      searchBox('Find in this trace', '', search), found),
    h('dl', { class: 'facts card' },
      [['Took', nanos(trace.durationNanos)], ['Services', String(services.length)], ['Processes', String(instances)], ['Spans', String(spans.length + trace.dropped)],
        ['Depth', String(Math.max(...spans.map(span => span.depth)) + 1)], ['Errors', String(errors)]]
        .map(([name, value]) => h('div', { class: name === 'Errors' && errors ? 'bad' : '' }, h('dt', { text: name }), h('dd', { text: value }))),
      logs.length > 0 && h('div', null, h('dt', { text: 'Logs' }), h('dd', null, h('a', { href: link('logs', { trace: trace.id }), text: String(logs.length) })))),
    trace.dropped > 0 && h('p', { class: 'muted', text: `${trace.dropped} more spans arrived than are kept of one trace.` }),
    h('div', { class: 'legend' }, services.map(name => serviceLabel(name)), h('span', { class: 'spring' }), zoomed),
    h('div', { class: 'waterfall card' },
      minimap(spans, total, zoom),
      h('div', { class: 'ruler-line' }, h('span', { class: 'muted', text: 'Service and operation' }), ruler),
      body, rest),
  ].filter(Boolean));
  zoom(0, total);
  const wanted = spans.find(span => span.id === params.span);
  if (wanted) {
    if (!rows.has(wanted)) showRest();
    toggle(wanted);
    rows.get(wanted).node.scrollIntoView({ block: 'center' });
  }
  (rows.get(wanted) ?? rows.get(root)).line.setAttribute('tabindex', '0');
}

export function mount(container, params, app, id) {
  const stop = new AbortController();
  let shown = 0;
  let fault = null;
  async function load() {
    try {
      const [trace, logs] = await Promise.all([get(`traces/${id}`, null, stop.signal), get('logs', { trace: id, limit: 1000 }, stop.signal)]);
      // What is being read is not redrawn unless there is more of it.
      if (trace.spans.length === shown) return;
      shown = trace.spans.length;
      drawTrace(container, trace, logs.logs, params);
    } catch (problem) {
      if (problem.name === 'AbortError' || shown) return;
      fault?.remove();
      fault = emptyNote('No such trace', problem.message);
      container.replaceChildren(fault, h('a', { class: 'more', href: '#/traces', text: 'All traces' }));
    }
  }
  load();
  return { changed: topic => { if (topic === 'traces' && !container.querySelector('.span-detail')) load(); }, unmount: () => stop.abort() };
}
