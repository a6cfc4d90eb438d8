// A list of any length, of which the page holds only the rows in view: laying out thousands makes everybody wait.

/** Of a row that is not open. */
export const rowHeight = 31;

// Drawn beyond the edges, so that what a key or a turn of the wheel brings is there already.
const beyond = 12;

/** Rows of `list`, which `scroller` scrolls. `draw(item)` makes a row; what takes its focus has data-row. */
export function rowsInView(scroller, list, draw) {
  let items = [];
  let places = new Map();
  let current = null;
  let frame = 0;
  const drawn = new Map();
  const extras = new Map();
  const heights = new ResizeObserver(() => {
    for (const item of extras.keys()) if (drawn.has(item)) extras.set(item, drawn.get(item).offsetHeight - rowHeight);
    render();
  });
  const room = new ResizeObserver(later);

  const tallRows = () => [...extras].filter(([item]) => places.has(item)).map(([item, extra]) => ({ at: places.get(item), extra }));

  const topOf = (at, tall) => tall.reduce((top, row) => row.at < at ? top + row.extra : top, at * rowHeight);

  function rowAt(y, tall) {
    let [low, high] = [0, items.length];
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (topOf(middle, tall) <= y) low = middle;
      else high = middle;
    }
    return low;
  }

  function wanted(tall, also) {
    const above = scroller.getBoundingClientRect().top - list.getBoundingClientRect().top;
    const all = new Set(also);
    const last = rowAt(above + scroller.clientHeight, tall) + beyond;
    for (let at = rowAt(above, tall) - beyond; at <= last; at++) all.add(at);
    // Whoever comes back by Tab, or goes on by an arrow, begins at the row that had the focus, wherever that is.
    const at = places.get(current);
    for (const near of [at - 1, at, at + 1]) all.add(near);
    return [...all].filter(place => place in items).sort((a, b) => a - b);
  }

  function render(...also) {
    cancelAnimationFrame(frame);
    frame = 0;
    const tall = tallRows();
    list.style.height = `${topOf(items.length, tall)}px`;
    const shown = wanted(tall, also);
    const stay = new Set(shown.map(at => items[at]));
    for (const item of [...drawn.keys()]) if (!stay.has(item)) remove(item);
    let next = list.firstChild;
    for (const at of shown) {
      const node = drawn.get(items[at]) ?? add(items[at]);
      // A row that stays is not moved; it would lose the focus.
      if (node === next) next = next.nextSibling;
      else list.insertBefore(node, next);
      node.style.top = `${topOf(at, tall)}px`;
    }
    if (!list.querySelector('[data-row][tabindex="0"]')) list.querySelector('[data-row]')?.setAttribute('tabindex', '0');
  }

  function later() { frame ||= requestAnimationFrame(() => render()); }

  function add(item) {
    const node = draw(item);
    drawn.set(item, node);
    if (extras.has(item)) heights.observe(node);
    if (item === current) node.querySelector('[data-row]').setAttribute('tabindex', '0');
    return node;
  }

  function remove(item) {
    heights.unobserve(drawn.get(item));
    drawn.get(item).remove();
    drawn.delete(item);
  }

  function reveal(item, block) {
    render(places.get(item));
    drawn.get(item).scrollIntoView({ block });
    render();
  }

  // For keys: whoever asks for the end of the list does not mean the last row that happens to be drawn.
  list.focusAt = index => {
    current = items[Math.min(index, items.length - 1)];
    reveal(current, 'nearest');
    drawn.get(current).querySelector('[data-row]').focus({ preventScroll: true });
    return true;
  };
  list.addEventListener('focusin', event => {
    const item = [...drawn].find(([, node]) => node.contains(event.target))?.[0];
    if (item === current) return;
    current = item;
    render();
  });
  scroller.addEventListener('scroll', later, { passive: true });
  room.observe(scroller);

  return {
    drawn, reveal,
    /** What the list consists of now; where the row that had the focus is gone, `instead` is next to have it. */
    set(all, instead) {
      items = all;
      places = new Map(all.map((item, at) => [item, at]));
      if (!places.has(current)) current = instead;
      render();
    },
    focus: item => list.focusAt(places.get(item)),
    /** A row has grown, and may grow further, or is as high as others again. */
    setOpen(item, isOpen) {
      const node = drawn.get(item);
      if (isOpen) extras.set(item, node.offsetHeight - rowHeight);
      else extras.delete(item);
      if (isOpen) heights.observe(node);
      else heights.unobserve(node);
      render();
    },
    stop() {
      cancelAnimationFrame(frame);
      scroller.removeEventListener('scroll', later);
      heights.disconnect();
      room.disconnect();
    },
  };
}
