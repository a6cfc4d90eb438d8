import { h, icon } from './dom.js';
import { nanos } from './format.js';
import { minimap } from './minimap.js';
import { rowHeight, rowsInView } from './rows-in-view.js';
import { colorOf } from './services.js';
import { matches, ticks } from './spans.js';

/** The spans of a trace below each other, each where its time is; `detailOf` makes what is shown of one that is opened. */
export function waterfall(scroller, spans, total, detailOf) {
  const view = { from: 0, to: total };
  const folded = new Set();
  const details = new Map();
  let wanted = '';
  let hits = new Set();
  const ruler = h('div', { class: 'ruler', 'aria-hidden': 'true' });
  const body = h('div', { class: 'spans', role: 'tree', 'aria-label': 'Spans', 'data-list': true });
  body.style.setProperty('--row-height', `${rowHeight}px`);
  const zoomed = h('button', { class: 'chip', hidden: true, text: 'Whole trace', onclick: () => zoom(0, total) });
  const siblings = Map.groupBy(spans, span => span.parent);
  for (const row of siblings.values()) row.forEach((span, i) => Object.assign(span, { place: i + 1, of: row.length }));
  const rows = rowsInView(scroller, body, makeRow);

  function makeRow(span) {
    const caret = span.children.length > 0
      ? h('button', { class: 'caret', tabindex: '-1', 'aria-label': 'Fold or unfold', text: span.children.length, onclick: event => { event.stopPropagation(); fold(span, !folded.has(span)); } })
      : h('span', { class: 'caret none' });
    const name = h('span', { class: 'span-name' }, caret,
      span.outcome === 'Error' && h('span', { class: 'span-error', title: span.outcomeText || 'Error' }, icon('error')),
      h('b', { text: span.source.service }), h('span', { text: span.name }));
    name.style.paddingLeft = `${10 + Math.min(span.depth, 24) * 14}px`;
    const line = h('div', {
      // Most of its neighbours are not on the page, so that a screen reader could not count them.
      class: 'span-line', role: 'treeitem', 'aria-level': span.depth + 1, 'aria-posinset': span.place, 'aria-setsize': span.of,
      'aria-label': `${span.source.service} ${span.name}, ${nanos(span.durationNanos)}${span.outcome === 'Error' ? ', error' : ''}`,
      'data-row': true, tabindex: '-1', 'data-span': span.id,
      onclick: () => toggle(span),
      onkeydown: event => key(event, span),
    }, name, h('span', { class: 'span-track' }, h('span', { class: 'span-bar' }),
      span.events.slice(0, 50).map(event => h('span', { class: 'span-event', title: event.name })),
      h('span', { class: 'span-time num', text: nanos(span.durationNanos) })));
    const node = h('div', { class: `span ${colorOf(span.source.service)}` }, line, details.get(span));
    dress(node, span);
    return node;
  }

  /** What of a row changes. */
  function dress(node, span) {
    node.classList.toggle('open', details.has(span));
    node.classList.toggle('folded', folded.has(span));
    node.classList.toggle('hit', hits.has(span));
    node.classList.toggle('miss', wanted !== '' && !hits.has(span));
    if (span.children.length) node.firstChild.setAttribute('aria-expanded', String(!folded.has(span)));
    place(node, span);
  }

  function place(node, span) {
    const width = view.to - view.from;
    const left = (span.startNanos - view.from) / width * 100;
    const size = span.durationNanos / width * 100;
    const bar = node.querySelector('.span-bar');
    bar.style.left = `${left}%`;
    bar.style.width = `max(3px, ${size}%)`;
    // The label stands where there is room: behind the bar, before it, or in it.
    const label = node.querySelector('.span-time');
    const side = left + size < (innerWidth < 760 ? 68 : 86) ? 'after' : left > 24 ? 'before' : 'inside';
    label.dataset.side = side;
    label.style.left = side === 'after' ? `calc(max(${Math.max(left + size, 0)}%, ${Math.max(left, 0)}% + 3px) + 6px)` : side === 'inside' ? `calc(${Math.max(left, 0)}% + 6px)` : '';
    label.style.right = side === 'before' ? `calc(${100 - left}% + 6px)` : '';
    node.querySelectorAll('.span-event').forEach((tick, i) => { tick.style.left = `${(span.events[i].atNanos - view.from) / width * 100}%`; });
  }

  function key(event, span) {
    if (event.target !== event.currentTarget) return;
    if (event.key === 'Enter' || event.key === ' ') { event.preventDefault(); toggle(span); }
    if (event.key === 'ArrowLeft') {
      if (span.children.length && !folded.has(span)) fold(span, true);
      else if (span.parent) rows.focus(span.parent);
    }
    if (event.key === 'ArrowRight' && folded.has(span)) fold(span, false);
  }

  function toggle(span) {
    const node = rows.drawn.get(span);
    if (details.has(span)) { details.get(span).remove(); details.delete(span); } else {
      details.set(span, detailOf(span));
      node.append(details.get(span));
    }
    dress(node, span);
    rows.setOpen(span, details.has(span));
  }

  function fold(span, isFolded) {
    if (isFolded) folded.add(span);
    else folded.delete(span);
    // Below a folded span stands what follows it and is deeper.
    let deepest = Infinity;
    const left = spans.filter(other => {
      if (other.depth > deepest) return false;
      deepest = folded.has(other) ? other.depth : Infinity;
      return true;
    });
    rows.set(left, span);
    redress();
  }

  function redress() {
    for (const [span, node] of rows.drawn) dress(node, span);
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
    redress();
  }

  /** Brings a span on the screen, also out of what is folded. */
  function reveal(span, block) {
    for (let above = span.parent; above; above = above.parent) if (folded.has(above)) fold(above, false);
    rows.reveal(span, block);
  }

  rows.set(spans, spans[0]);
  zoom(0, total);
  return {
    zoomed,
    node: h('div', { class: 'waterfall card' },
      minimap(spans, total, zoom),
      h('div', { class: 'ruler-line' }, h('span', { class: 'muted', text: 'Service and operation' }), ruler),
      body),
    isRead: () => details.size > 0,
    /** Marks the spans that have the text, goes to the first, and says how many there are. */
    search(text) {
      wanted = text;
      hits = new Set(text ? spans.filter(span => matches(span, text)) : []);
      redress();
      if (hits.size) reveal(hits.values().next().value, 'nearest');
      return hits.size;
    },
    /** Begins at a span, opened. */
    open(span) {
      reveal(span, 'center');
      toggle(span);
      rows.reveal(span, 'center');
    },
    stop: rows.stop,
  };
}
