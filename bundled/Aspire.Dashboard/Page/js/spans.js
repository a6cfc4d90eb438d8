// What the waterfall needs to know of a trace, without drawing anything.

/** Puts spans into a tree; spans whose parent did not arrive stand at the top. Returns them in drawing order. */
export function layOut(trace) {
  const byId = new Map(trace.spans.map(span => [span.id, { ...span, children: [], source: trace.sources[span.source] }]));
  const roots = [];
  for (const span of byId.values()) {
    const parent = span.parentId && span.parentId !== span.id ? byId.get(span.parentId) : null;
    if (parent) parent.children.push(span);
    else roots.push(span);
    span.parent = parent ?? null;
  }
  const inOrder = [];
  const pending = roots.sort(byStart).reverse();
  while (pending.length) {
    const span = pending.pop();
    if (span.seen) continue;
    span.seen = true;
    span.depth = span.parent ? span.parent.depth + 1 : 0;
    inOrder.push(span);
    pending.push(...span.children.sort(byStart).reverse());
  }
  // Spans that are each other's parents are no tree; they must not vanish for it.
  for (const span of byId.values()) if (!span.seen) inOrder.push(Object.assign(span, { depth: 0, parent: null, children: [], seen: true }));
  for (const span of inOrder) span.selfNanos = selfTime(span);
  return inOrder;
}

const byStart = (a, b) => a.startNanos - b.startNanos || b.durationNanos - a.durationNanos;

/** Time in which none of its children ran. */
function selfTime(span) {
  const end = span.startNanos + span.durationNanos;
  let covered = 0;
  let until = span.startNanos;
  for (const child of [...span.children].sort(byStart)) {
    const from = Math.max(child.startNanos, until);
    const to = Math.min(child.startNanos + child.durationNanos, end);
    if (to > from) covered += to - from;
    until = Math.max(until, to);
  }
  return Math.max(0, span.durationNanos - covered);
}

/** Round steps for a ruler over so many nanoseconds. */
export function ticks(from, to, count) {
  const rough = (to - from) / count;
  const power = 10 ** Math.floor(Math.log10(Math.max(rough, 1)));
  const step = [1, 2, 5, 10].map(factor => factor * power).find(value => value >= rough);
  const first = Math.ceil(from / step) * step;
  return Array.from({ length: Math.floor((to - first) / step) + 1 }, (_, i) => first + i * step);
}

export const matches = (span, text) => {
  const wanted = text.toLowerCase();
  return [span.name, span.source.service, span.source.instance, span.id, span.outcomeText, ...span.tags.flatMap(tag => [tag.key, tag.value, `${tag.key}=${tag.value}`])]
    .some(value => value.toLowerCase().includes(wanted));
};
