// Keys that work everywhere. A list is any element with data-list; its rows have data-row and take the focus in turn.
// A list that does not hold all of its rows brings focusAt(index).

const views = ['resources', 'console', 'logs', 'traces', 'metrics'];

const isWriting = element => element.matches?.('input, select, textarea');

export function startKeys(actions) {
  document.addEventListener('keydown', event => {
    if (event.ctrlKey || event.altKey || event.metaKey || document.querySelector('dialog[open]')) return;
    const target = event.target;
    if (event.key === 'Escape') {
      if (isWriting(target)) target.blur();
      else actions.escape();
      return;
    }
    if (isWriting(target)) {
      if (event.key === 'ArrowDown' && target.matches('[data-search]') && focusAt(document.querySelector('[data-list]'), 0)) event.preventDefault();
      return;
    }
    const row = target.closest?.('[data-row]');
    if (row && moveFrom(row, event.key)) event.preventDefault();
    else if (event.key === '/') { event.preventDefault(); document.querySelector('[data-search]')?.focus(); }
    else if (event.key === '?') actions.help();
    else if (event.key === 'p') actions.pause();
    else if (event.key === 't') actions.theme();
    else if (views[event.key - 1]) location.hash = `#/${views[event.key - 1]}`;
    else if ((event.key === 'ArrowDown' || event.key === 'ArrowUp') && target === document.body)
      if (focusAt(document.querySelector('[data-list]'), 0)) event.preventDefault();
  });
  document.addEventListener('focusin', event => {
    const row = event.target.closest?.('[data-row]');
    if (row !== event.target || !row) return;
    for (const other of row.closest('[data-list]')?.querySelectorAll('[data-row][tabindex="0"]') ?? []) other.setAttribute('tabindex', '-1');
    row.setAttribute('tabindex', '0');
  });
}

function moveFrom(row, key) {
  const list = row.closest('[data-list]');
  if (key === 'Home') return focusAt(list, 0);
  if (key === 'End') return focusAt(list, Infinity);
  const step = { ArrowDown: 1, ArrowUp: -1 }[key];
  if (!step) return false;
  const rows = [...list.querySelectorAll('[data-row]')];
  focusRow(rows[rows.indexOf(row) + step] ?? row);
  return true;
}

function focusAt(list, index) {
  if (list?.focusAt) return list.focusAt(index);
  const rows = [...list?.querySelectorAll('[data-row]') ?? []];
  const row = rows[Math.min(index, rows.length - 1)];
  if (row) focusRow(row);
  return Boolean(row);
}

function focusRow(row) {
  row.focus({ preventScroll: true });
  row.scrollIntoView({ block: 'nearest' });
}
