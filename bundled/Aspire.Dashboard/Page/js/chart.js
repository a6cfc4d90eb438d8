import { h, s } from './dom.js';
import { time } from './format.js';

/** Round values from zero, or from below it, to the highest. */
function levels(lowest, highest) {
  const rough = Math.max(highest - lowest, 1e-12) / 4;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 2.5, 5, 10].map(factor => factor * power).find(value => value >= rough * 0.999);
  const first = Math.floor(lowest / step) * step;
  const count = Math.max(1, Math.ceil((highest - first) / step - 1e-9));
  return Array.from({ length: count + 1 }, (_, i) => first + i * step);
}

/**
 * Lines over time, with a ruler under the pointer that says what they are worth there.
 * set({ times, lines: [{ name, color, values, isDashed }], format }) draws it anew.
 */
export function lineChart(label) {
  const height = 260;
  const tip = h('div', { class: 'tip card', hidden: true });
  const picture = s('svg', { class: 'chart', role: 'img', 'aria-label': label });
  const node = h('div', { class: 'chart-frame' }, picture, tip);
  let data = null;
  let box = null;

  function draw() {
    const width = node.clientWidth;
    if (!data || width === 0) return;
    const known = data.lines.flatMap(line => line.values.filter(value => value !== null));
    const scale = levels(Math.min(0, ...known), Math.max(...known, data.lines.length && known.length ? 1e-9 : 1));
    const [low, high] = [scale[0], scale[scale.length - 1]];
    const [left, right, top, bottom] = [78, 14, 12, 26];
    const x = i => left + i / Math.max(data.times.length - 1, 1) * (width - left - right);
    const y = value => top + (high - value) / Math.max(high - low, 1e-12) * (height - top - bottom);
    box = { left, right, width, x, y };
    const every = Math.ceil(data.times.length / Math.max(2, Math.floor((width - left) / 110)));
    picture.setAttribute('viewBox', `0 0 ${width} ${height}`);
    picture.replaceChildren(
      ...scale.flatMap(value => [
        s('line', { class: 'grid', x1: left, x2: width - right, y1: y(value), y2: y(value) }),
        s('text', { x: left - 8, y: y(value) + 4, 'text-anchor': 'end' }, data.format(value)),
      ]),
      ...data.times.map((at, i) => (data.times.length - 1 - i) % every === 0
        && s('text', { x: x(i), y: height - 6, 'text-anchor': i === data.times.length - 1 ? 'end' : i === 0 ? 'start' : 'middle' }, time(at))).filter(Boolean),
      ...data.lines.flatMap(line => drawLine(line, x, y, data.lines.length === 1 ? y(Math.max(low, 0)) : null)),
      s('line', { class: 'cursor', y1: top, y2: height - bottom, hidden: true }));
  }

  function drawLine(line, x, y, floor) {
    const parts = [];
    let part = [];
    line.values.forEach((value, i) => {
      if (value === null) { if (part.length) parts.push(part); part = []; } else part.push([x(i), y(value)]);
    });
    if (part.length) parts.push(part);
    const path = points => points.map(([px, py]) => `${px.toFixed(1)},${py.toFixed(1)}`).join(' L');
    return parts.flatMap(points => [
      floor !== null && points.length > 1 && s('path', { class: `area ${line.color}`, d: `M${points[0][0]},${floor} L${path(points)} L${points.at(-1)[0]},${floor} Z` }),
      points.length > 1
        ? s('path', { class: `line-path ${line.color}${line.isDashed ? ' dashed' : ''}`, d: `M${path(points)}` })
        : s('circle', { class: `point ${line.color}`, cx: points[0][0], cy: points[0][1], r: 2.5 }),
    ]).filter(Boolean);
  }

  picture.addEventListener('pointermove', event => {
    if (!box || !data.times.length) return;
    const share = (event.clientX - picture.getBoundingClientRect().left - box.left) / (box.width - box.left - box.right);
    const i = Math.round(Math.min(1, Math.max(0, share)) * (data.times.length - 1));
    const cursor = picture.querySelector('.cursor');
    cursor.removeAttribute('hidden');
    cursor.setAttribute('x1', box.x(i));
    cursor.setAttribute('x2', box.x(i));
    tip.hidden = false;
    tip.replaceChildren(h('b', { class: 'num', text: time(data.times[i]) }), ...data.lines
      .map(line => ({ line, value: line.values[i] })).filter(it => it.value !== null)
      .sort((a, b) => b.value - a.value).slice(0, 10)
      .map(({ line, value }) => h('div', null, h('span', { class: `svc ${line.color}`, text: line.name }), h('b', { class: 'num', text: data.format(value) }))));
    const isRight = box.x(i) > box.width / 2;
    tip.style.left = isRight ? '' : `${box.x(i) + 14}px`;
    tip.style.right = isRight ? `${box.width - box.x(i) + 14}px` : '';
  });
  picture.addEventListener('pointerleave', () => {
    tip.hidden = true;
    picture.querySelector('.cursor')?.setAttribute('hidden', '');
  });
  const watch = new ResizeObserver(draw);
  watch.observe(node);
  return { node, set(next) { data = next; draw(); }, stop: () => watch.disconnect() };
}
