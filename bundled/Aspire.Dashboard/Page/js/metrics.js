import { get, link, refresher } from './api.js';
import { lineChart } from './chart.js';
import { choice, emptyNote, h, keyedList, s, searchBox, toast } from './dom.js';
import { inUnit, number } from './format.js';
import { colorOf } from './services.js';

const ranges = [['60', 'Last minute'], ['300', 'Last 5 minutes'], ['900', 'Last 15 minutes'], ['3600', 'Last hour']];
const kinds = { Counter: 'per second', Gauge: 'value', Histogram: 'percentiles' };

const perSecond = unit => value => `${inUnit(value, unit === '1' ? '' : unit)}/s`;
const formatOf = instrument => instrument.kind === 'Counter' ? perSecond(instrument.unit) : value => inUnit(value, instrument.unit);
const keyOf = instrument => `${instrument.meter} ${instrument.name}`;

function smallChart(values, color) {
  const known = values.filter(value => value !== null);
  if (known.length === 0) return h('div', { class: 'small-chart muted', text: 'nothing yet' });
  const [low, high] = [Math.min(0, ...known), Math.max(...known, 1e-9)];
  const point = (value, i) => `${(i / (values.length - 1) * 200).toFixed(1)},${(50 - (value - low) / (high - low) * 46).toFixed(1)}`;
  const parts = [[]];
  values.forEach((value, i) => { if (value === null) parts.push([]); else parts.at(-1).push(point(value, i)); });
  return s('svg', { class: `small-chart ${color}`, viewBox: '0 0 200 52', preserveAspectRatio: 'none', 'aria-hidden': 'true' },
    parts.filter(part => part.length > 1).flatMap(part => [
      s('path', { class: 'spark-area', d: `M${part[0].split(',')[0]},52 L${part.join(' L')} L${part.at(-1).split(',')[0]},52 Z` }),
      s('polyline', { class: 'spark-line', points: part.join(' ') }),
    ]));
}

/** All instruments of a service at a glance; each opens in large. */
function overview(container, state) {
  const cards = h('div', { class: 'overview' });
  const draw = keyedList(cards, it => keyOf(it.instrument), first => {
    const value = h('b', { class: 'num' });
    const picture = h('div');
    const { instrument } = first;
    const node = h('a', { class: 'card metric-card', title: instrument.description, href: link('metrics', { ...state.params(), meter: instrument.meter, name: instrument.name }) },
      h('span', { class: 'metric-name', text: instrument.name }), h('span', { class: 'muted', text: `${instrument.meter}, ${instrument.series} series` }), value, picture);
    return {
      node,
      update(it) {
        const line = it.chart?.lines[0];
        const values = (it.instrument.kind === 'Histogram' ? line?.p50 : line?.values) ?? [];
        const last = values.findLast(known => known !== null) ?? null;
        value.textContent = last === null ? '–' : `${formatOf(it.instrument)(last)}${it.instrument.kind === 'Histogram' ? ' p50' : ''}`;
        picture.replaceChildren(smallChart(values, colorOf(it.instrument.meter)));
      },
    };
  });
  container.replaceChildren(cards);
  return refresher(
    signal => get('metrics/charts', { service: state.service, seconds: state.seconds }, signal),
    charts => draw(charts.filter(it => `${keyOf(it.instrument)} ${it.instrument.description}`.toLowerCase().includes(state.q.toLowerCase()))));
}

const keyOfLine = line => JSON.stringify(line.labels);

/** Names a line by what sets it apart from the others. */
function nameOf(line, lines) {
  const differs = tag => lines.some(other => !other.labels.some(it => it.key === tag.key && it.value === tag.value));
  const own = lines.length > 1 ? line.labels.filter(differs) : line.labels;
  return own.length === 1 ? own[0].value : own.map(tag => `${tag.key}=${tag.value}`).join(' ') || 'all';
}

/** Bars for the buckets that a histogram filled in the time shown. */
function distribution(window, unit) {
  const from = window.counts.findIndex(count => count > 0);
  const to = window.counts.findLastIndex(count => count > 0);
  if (from < 0) return null;
  const most = Math.max(...window.counts);
  return h('div', { class: 'distribution', role: 'img', 'aria-label': 'How values were distributed' },
    window.counts.slice(from, to + 1).map((count, i) => {
      const above = window.bounds[from + i];
      const name = above === undefined ? `> ${inUnit(window.bounds.at(-1), unit)}` : `≤ ${inUnit(above, unit)}`;
      const bar = h('span', { class: 'bucket-bar' });
      bar.style.width = `${count / most * 100}%`;
      return h('div', { class: 'bucket' }, h('span', { class: 'num muted', text: name }), h('span', { class: 'bucket-track' }, bar), h('span', { class: 'num', text: number(Math.round(count)) }));
    }));
}

function instrumentView(container, state, instrument) {
  const hidden = new Set();
  const chart = lineChart(instrument.name);
  const table = h('tbody');
  const extra = h('div');
  const more = h('p', { class: 'muted' });
  let by = state.by ?? (instrument.kind === 'Histogram' ? '' : 'all');
  let only = state.only ?? '';
  let latest = null;
  const labels = instrument.labels.map(label => label.label);
  const bySelect = choice('Lines', value => { by = value; state.remember({ by }); load.restart(); });
  bySelect.set([['all', 'One line per series'], ['', 'All in one line'], ...labels.map(label => [label, `One line per ${label}`])], by);
  const onlySelect = choice('Only', value => { only = value; state.remember({ only }); load.restart(); });
  onlySelect.set([['', 'Every series'], ...instrument.labels.flatMap(label => label.values.map(value => [`${label.label}=${value}`, `Only ${label.label}=${value}`]))], only);
  const format = formatOf(instrument);

  function draw() {
    const isHistogram = instrument.kind === 'Histogram';
    const single = isHistogram && latest.lines.length === 1;
    const lines = single
      ? [['p50', 'c3'], ['p90', 'c6'], ['p99', 'c4']].map(([name, color]) => ({ name, color, values: latest.lines[0][name], key: name }))
      : latest.lines.map((line, i) => ({ name: nameOf(line, latest.lines), color: `c${i % 12}`, values: isHistogram ? line.p90 : line.values, key: keyOfLine(line), line }));
    chart.set({ times: latest.times, lines: lines.filter(line => !hidden.has(line.key)), format });
    table.replaceChildren(...lines.map(line => {
      const known = line.values.filter(value => value !== null);
      return h('tr', null,
        h('td', null, h('button', {
          class: `chip ${line.color}`, 'aria-pressed': String(!hidden.has(line.key)), title: 'Show or hide this line', text: line.name,
          onclick: () => { if (hidden.has(line.key)) hidden.delete(line.key); else hidden.add(line.key); draw(); },
        })),
        [known.at(-1), known.length ? Math.min(...known) : null, known.length ? known.reduce((a, b) => a + b, 0) / known.length : null, known.length ? Math.max(...known) : null]
          .map(value => h('td', { class: 'num', text: value === null || value === undefined ? '–' : format(value) })),
        instrument.kind === 'Counter' && h('td', { class: 'num', text: inUnit(line.line.last, instrument.unit) }));
    }));
    more.textContent = latest.more ? `${latest.more} more lines are not drawn. Choose a label to draw fewer.` : '';
    const window = latest.lines[0]?.window;
    extra.replaceChildren(...single && window ? [
      h('dl', { class: 'facts card' }, [['Values', number(window.count)], ['Mean', inUnit(window.count ? window.sum / window.count : null, instrument.unit)],
        ['p50', inUnit(window.p50, instrument.unit)], ['p90', inUnit(window.p90, instrument.unit)], ['p99', inUnit(window.p99, instrument.unit)]]
        .map(([name, value]) => h('div', null, h('dt', { text: name }), h('dd', { text: value })))),
      distribution(window, instrument.unit) ?? ''] : []);
  }

  const load = refresher(
    signal => get('metrics/chart', {
      service: instrument.service, meter: instrument.meter, name: instrument.name, seconds: state.seconds, only, by: by === 'all' ? '' : by || ',',
    }, signal),
    answer => {
      // By name and not by size, so that a line keeps its colour while it moves.
      latest = { ...answer, lines: answer.lines.sort((a, b) => keyOfLine(a) < keyOfLine(b) ? -1 : 1) };
      draw();
    },
    fault => toast(fault.message, true));

  container.replaceChildren(
    h('div', { class: 'bar' }, h('div', { class: 'grow' }, h('h2', { text: instrument.name }),
      h('p', { class: 'muted', text: [instrument.description, instrument.meter, `${instrument.unit.replace(/^\{(.*)\}$/, '$1')} ${kinds[instrument.kind]}`.trim()].filter(Boolean).join(' · ') })),
      bySelect.node, onlySelect.node),
    h('div', { class: 'card chart-card' }, chart.node),
    h('div', { class: 'table-frame' }, h('table', { class: 'card values' }, h('thead', null, h('tr', null,
      ['Line', 'Now', 'Lowest', 'Mean', 'Highest', instrument.kind === 'Counter' && 'Total'].filter(Boolean).map(text => h('th', { scope: 'col', text })))), table)),
    more, extra);
  return { load, stop: chart.stop };
}

export function mount(container, params, app) {
  const state = {
    service: params.service ?? '', meter: params.meter ?? '', name: params.name ?? '', q: params.q ?? '', seconds: params.seconds ?? '300',
    by: params.by, only: params.only,
    params: () => ({ service: state.service, q: state.q, seconds: state.seconds === '300' ? '' : state.seconds }),
    remember(changes) {
      Object.assign(state, changes);
      app.remember('metrics', { ...state.params(), meter: state.meter, name: state.name, by: state.by, only: state.only });
    },
  };
  const index = h('ul', { class: 'instruments', 'data-list': true });
  const main = h('section', { class: 'metric-main' });
  const empty = emptyNote('No metrics', 'They come over OTLP from services that send them, at the latest a minute after their start.');
  const services = choice('Service', value => { state.service = value; [state.meter, state.name, state.by, state.only] = ['', '', undefined, undefined]; state.remember({}); open(); });
  const range = choice('Time shown', value => { state.remember({ seconds: value }); open(); });
  range.set(ranges, state.seconds);
  let instruments = [];
  let loader = null;
  let shown = '';
  let stopChart = null;

  const list = keyedList(index, it => it.key, it => {
    if (it.heading) return { node: h('li', { class: 'heading', text: it.heading }), update() {} };
    const node = h('a', { 'data-row': true, tabindex: '-1', title: it.description, text: it.name });
    return {
      node: h('li', null, node),
      update(now) {
        node.href = link('metrics', { ...state.params(), meter: now.meter, name: now.name });
        if (now.meter === state.meter && now.name === state.name) node.setAttribute('aria-current', 'true');
        else node.removeAttribute('aria-current');
      },
    };
  });

  function drawIndex() {
    const found = instruments.filter(it => it.service === state.service && `${keyOf(it)} ${it.description}`.toLowerCase().includes(state.q.toLowerCase()));
    const items = [];
    for (const it of found) {
      if (items.at(-1)?.meter !== it.meter) items.push({ key: `# ${it.meter}`, heading: it.meter, meter: it.meter });
      items.push({ ...it, key: keyOf(it) });
    }
    list(items);
  }

  function open() {
    loader?.stop();
    stopChart?.();
    loader = stopChart = null;
    shown = '';
    show();
  }

  function show() {
    const names = [...new Set(instruments.map(it => it.service))];
    if (!state.service && names.length) state.service = names.find(name => !name.includes('dashboard')) ?? names[0];
    services.set(names.map(name => [name, name]), state.service);
    drawIndex();
    empty.hidden = instruments.length > 0;
    frame.hidden = instruments.length === 0;
    const instrument = instruments.find(it => it.service === state.service && it.meter === state.meter && it.name === state.name);
    const now = instrument ? keyOf(instrument) : state.service;
    if (!loader || now !== shown) {
      loader?.stop();
      stopChart?.();
      shown = now;
      if (instrument) ({ load: loader, stop: stopChart } = instrumentView(main, state, instrument));
      else loader = overview(main, state);
    }
    loader.run();
  }

  const frame = h('div', { class: 'metrics-frame' }, index, main);
  container.append(
    h('div', { class: 'bar' }, h('h2', null, h('a', { class: 'plain', href: '#/metrics', text: 'Metrics' })), services.node,
      searchBox('Search instruments', state.q, text => { state.remember({ q: text }); show(); }), range.node),
    frame, empty);
  const load = refresher(signal => get('metrics', null, signal), answer => { instruments = answer.instruments; show(); }, fault => toast(fault.message, true));
  load.run();
  // Charts move on even while nothing arrives.
  const timer = setInterval(() => { if (!app.paused && !document.hidden) loader?.run(); }, 5000);
  return {
    changed: topic => { if (topic === 'metrics') load.run(); },
    unmount() { clearInterval(timer); load.stop(); loader?.stop(); stopChart?.(); },
  };
}
