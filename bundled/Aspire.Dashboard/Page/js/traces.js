import { get, refresher } from './api.js';
import { choice, emptyNote, h, keyedList, s, searchBox, toast } from './dom.js';
import { nanos, timeMs } from './format.js';
import { colorOf, serviceLabel } from './services.js';

const page = 100;
const minima = [['', 'Any duration'], ['1', '≥ 1 ms'], ['10', '≥ 10 ms'], ['100', '≥ 100 ms'], ['1000', '≥ 1 s'], ['10000', '≥ 10 s']];

const open = id => { location.hash = `#/trace/${id}`; };

function row(first) {
  const bar = h('span', { class: 'duration-bar' });
  const duration = h('b', { class: 'num' });
  const name = h('b', { class: 'trace-name' });
  const facts = h('span', { class: 'muted num' });
  const failed = h('span', { class: 'failed' });
  const services = h('span', { class: 'chips' });
  const node = h('li', null, h('a', {
    class: `trace-row ${colorOf(first.service)}`, href: `#/trace/${first.id}`, 'data-row': true, tabindex: '-1', 'data-trace': first.id,
  },
  h('span', { class: 'trace-title' }, serviceLabel(first.service), name, failed),
  h('span', { class: 'trace-time' }, h('span', { class: 'muted num', text: timeMs(first.startMicros / 1000) }), facts),
  h('span', { class: 'trace-duration' }, duration, h('span', { class: 'duration-track' }, bar)),
  services));
  return {
    node,
    update(trace) {
      name.textContent = trace.name;
      duration.textContent = nanos(trace.durationNanos);
      bar.style.width = `${Math.max(0.6, trace.share * 100)}%`;
      facts.textContent = `${trace.spans + trace.dropped} span${trace.spans === 1 ? '' : 's'}`;
      failed.textContent = trace.errors ? `${trace.errors} error${trace.errors === 1 ? '' : 's'}` : '';
      services.replaceChildren(...trace.services.map(it => h('span', { class: `count ${colorOf(it.name)}`, text: `${it.name} ${it.count}` })));
    },
  };
}

/** Each trace is a dot: when it began, how long it took, how large it is. */
function scatter(traces) {
  if (traces.length < 2) return [];
  const [width, height, left, bottom] = [1000, 120, 4, 4];
  const starts = traces.map(trace => trace.startMicros);
  const [first, last] = [Math.min(...starts), Math.max(...starts)];
  const longest = Math.max(...traces.map(trace => trace.durationNanos), 1);
  const shortest = Math.max(1, Math.min(...traces.map(trace => trace.durationNanos)));
  // Microseconds and seconds on one picture: only a logarithm shows both.
  const y = value => height - bottom - 8 - (Math.log(Math.max(value, shortest) / shortest) / Math.max(Math.log(longest / shortest), 1e-9)) * (height - bottom - 24);
  const x = value => left + 10 + (value - first) / Math.max(last - first, 1) * (width - left - 20);
  const middle = Math.sqrt(longest * shortest);
  return [
    s('svg', { viewBox: `0 0 ${width} ${height}`, preserveAspectRatio: 'none', class: 'scatter-grid', 'aria-hidden': 'true' },
      [longest, middle, shortest].map(value => s('line', { x1: 0, x2: width, y1: y(value), y2: y(value), 'vector-effect': 'non-scaling-stroke' }))),
    h('div', { class: 'scatter-dots', role: 'img', 'aria-label': `${traces.length} traces between ${nanos(shortest)} and ${nanos(longest)}` },
      traces.map(trace => {
        const dot = h('button', {
          class: `scatter-dot ${colorOf(trace.service)}${trace.errors ? ' bad' : ''}`, tabindex: '-1',
          title: `${trace.service}: ${trace.name}\n${nanos(trace.durationNanos)}, ${trace.spans} spans`, onclick: () => open(trace.id),
        });
        const size = Math.min(18, 7 + Math.log2(trace.spans + 1) * 1.6);
        dot.style.left = `${x(trace.startMicros) / width * 100}%`;
        dot.style.top = `${y(trace.durationNanos) / height * 100}%`;
        dot.style.width = dot.style.height = `${size}px`;
        return dot;
      }),
      [longest, middle, shortest].map(value => {
        const label = h('span', { class: 'scatter-label num', text: nanos(value) });
        label.style.top = `${y(value) / height * 100}%`;
        return label;
      })),
  ];
}

export function mount(container, params, app) {
  const filter = { service: params.service ?? '', q: params.q ?? '', minMs: params.minMs ?? '', errors: params.errors ? '1' : '' };
  let order = params.order ?? '';
  let shown = [];
  let older = [];
  let next = null;
  const items = h('ol', { class: 'trace-list card', 'data-list': true });
  const list = keyedList(items, trace => trace.id, row);
  const dots = h('div', { class: 'scatter card' });
  const empty = emptyNote('No traces', 'They come over OTLP from services that send them. Push a message, or try another filter.');
  const held = h('span', { class: 'muted num' });
  const services = choice('Service', value => { filter.service = value; changed(); });
  const durations = choice('Shortest duration', value => { filter.minMs = value; changed(); });
  const orders = choice('Order', value => { order = value; app.remember('traces', { ...filter, order }); draw(); });
  durations.set(minima, filter.minMs);
  orders.set([['', 'Latest first'], ['slow', 'Slowest first'], ['large', 'Most spans first']], order);
  const more = h('button', {
    class: 'button more', text: 'Load older', hidden: true,
    onclick: async () => {
      const result = await get('traces', { ...filter, limit: page, before: next });
      older = older.concat(result.traces);
      next = result.next;
      draw();
    },
  });
  let first = true;
  const load = refresher(
    signal => get('traces', { ...filter, limit: page }, signal),
    result => {
      const oldest = result.traces.at(-1)?.arrival ?? 0;
      older = [...shown, ...older].filter(trace => trace.arrival < oldest).slice(0, 2000);
      if (first || older.length === 0) next = result.next;
      first = false;
      shown = result.traces;
      services.set([['', 'All services'], ...result.services.map(it => [it.name, it.name])], filter.service);
      held.textContent = `${result.held.traces} traces, ${result.held.spans} spans kept`;
      draw();
    },
    fault => toast(fault.message, true));

  function draw() {
    const all = shown.concat(older);
    const longest = Math.max(...all.map(trace => trace.durationNanos), 1);
    for (const trace of all) trace.share = trace.durationNanos / longest;
    const by = { slow: (a, b) => b.durationNanos - a.durationNanos, large: (a, b) => b.spans - a.spans }[order];
    list(by ? all.sort(by) : all.sort((a, b) => b.startMicros - a.startMicros));
    dots.replaceChildren(...scatter(all.slice(0, 600)));
    dots.hidden = all.length < 2;
    empty.hidden = all.length > 0;
    items.hidden = all.length === 0;
    more.hidden = next === null;
  }

  function changed() {
    app.remember('traces', { ...filter, order });
    [shown, older, first] = [[], [], true];
    load.restart();
  }

  container.append(
    h('div', { class: 'bar' }, h('h2', { text: 'Traces' }),
      searchBox('Name, attribute, key=value or id', filter.q, text => { filter.q = text; changed(); }),
      services.node, durations.node, orders.node,
      h('label', { class: 'check' }, h('input', {
        type: 'checkbox', checked: Boolean(filter.errors), onchange: event => { filter.errors = event.target.checked ? '1' : ''; changed(); },
      }), 'With errors'), held),
    dots, items, empty, more);
  load.run();
  return { changed: topic => { if (topic === 'traces') load.run(); }, unmount: load.stop };
}
