import { get, link } from './api.js';
import { emptyNote, h, icon, searchBox, tagTable } from './dom.js';
import { dateTime, nanos } from './format.js';
import { logRow } from './logs.js';
import { colorOf, serviceLabel } from './services.js';
import { layOut } from './spans.js';
import { waterfall } from './waterfall.js';

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

function drawTrace(container, trace, logs, params) {
  const spans = layOut(trace);
  const root = spans[0];
  const errors = spans.filter(span => span.outcome === 'Error').length;
  const services = [...new Map(spans.map(span => [span.source.service, null])).keys()];
  const instances = new Set(spans.map(span => `${span.source.service} ${span.source.instance}`)).size;
  const fall = waterfall(container, spans, Math.max(trace.durationNanos, 1), span => spanDetail(span, trace, logs));
  const found = h('span', { class: 'muted num', role: 'status' });
  const find = text => {
    const hits = fall.search(text);
    found.textContent = text ? `${hits} found` : '';
  };
  container.replaceChildren(...[
    h('div', { class: 'trace-head' },
      h('a', { href: '#/traces', class: 'icon-button', 'aria-label': 'Back to the traces', onclick: event => { if (history.length > 1) { event.preventDefault(); history.back(); } } }, icon('back')),
      h('div', { class: 'trace-heading' }, h('h2', null, serviceLabel(root.source.service), ' ', root.name),
        h('p', { class: 'muted' }, h('span', { class: 'mono', text: trace.id }), ` began ${dateTime(trace.startMicros / 1000)}`)),
      searchBox('Find in this trace', '', find), found),
    h('dl', { class: 'facts card' },
      [['Took', nanos(trace.durationNanos)], ['Services', String(services.length)], ['Processes', String(instances)], ['Spans', String(spans.length + trace.dropped)],
        ['Depth', String(Math.max(...spans.map(span => span.depth)) + 1)], ['Errors', String(errors)]]
        .map(([name, value]) => h('div', { class: name === 'Errors' && errors ? 'bad' : '' }, h('dt', { text: name }), h('dd', { text: value }))),
      logs.length > 0 && h('div', null, h('dt', { text: 'Logs' }), h('dd', null, h('a', { href: link('logs', { trace: trace.id }), text: String(logs.length) })))),
    trace.dropped > 0 && h('p', { class: 'muted', text: `${trace.dropped} more spans arrived than are kept of one trace.` }),
    h('div', { class: 'legend' }, services.map(name => serviceLabel(name)), h('span', { class: 'spring' }), fall.zoomed),
    fall.node,
  ].filter(Boolean));
  const wanted = spans.find(span => span.id === params.span);
  if (wanted) fall.open(wanted);
  return fall;
}

export function mount(container, params, app, id) {
  const stop = new AbortController();
  let shown = 0;
  let fault = null;
  let drawn = null;
  async function load() {
    try {
      // Any trace may have changed. What is being read is not sent or redrawn unless there is more of it.
      const trace = await get(`traces/${id}`, { known: shown }, stop.signal);
      if (!trace) return;
      const { logs } = await get('logs', { trace: id, limit: 1000 }, stop.signal);
      // An answer to an earlier change may have been quicker.
      if (trace.spans.length === shown) return;
      shown = trace.spans.length;
      drawn?.stop();
      drawn = drawTrace(container, trace, logs, params);
    } catch (problem) {
      if (problem.name === 'AbortError' || shown) return;
      fault?.remove();
      fault = emptyNote('No such trace', problem.message);
      container.replaceChildren(fault, h('a', { class: 'more', href: '#/traces', text: 'All traces' }));
    }
  }
  load();
  return {
    changed: topic => { if (topic === 'traces' && !drawn?.isRead()) load(); },
    unmount: () => { stop.abort(); drawn?.stop(); },
  };
}
