import { s } from './dom.js';
import { colorOf } from './services.js';

const [width, height] = [1000, 56];

/** The whole trace in small; drag over a part of it to see that part in large. */
export function minimap(spans, total, onZoom) {
  const shade = s('rect', { class: 'zoom', y: 0, height, width: 0, hidden: true });
  const picture = s('svg', { class: 'minimap', viewBox: `0 0 ${width} ${height}`, preserveAspectRatio: 'none', 'aria-hidden': 'true' },
    [...shapes(spans, total)].map(([look, d]) => s('path', { class: look, d })), shade);
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

/** One shape for each look, whatever the number of spans; errors last, so that nothing hides them. */
function shapes(spans, total) {
  // A line for each span, while there is room; then one for each depth.
  const isByDepth = spans.length > 40;
  const step = Math.min(8, height / (isByDepth ? Math.max(...spans.map(span => span.depth)) + 1 : spans.length));
  const all = new Map();
  spans.forEach((span, i) => {
    const look = span.outcome === 'Error' ? 'bad' : colorOf(span.source.service);
    const x = span.startNanos / total * width;
    const y = ((isByDepth ? span.depth : i) * step) % (height - 2);
    const [wide, high] = [Math.max(1.5, span.durationNanos / total * width), Math.max(1.5, step - 2)];
    all.set(look, `${all.get(look) ?? ''}M${x.toFixed(1)} ${y.toFixed(1)}h${wide.toFixed(1)}v${high.toFixed(1)}h${-wide.toFixed(1)}z`);
  });
  return [...all].sort(([look]) => look === 'bad' ? 1 : -1);
}
