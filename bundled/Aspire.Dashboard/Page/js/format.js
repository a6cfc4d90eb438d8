const clock = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit', second: '2-digit', hour12: false });
const day = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'medium', hour12: false });

export const time = ms => clock.format(ms);
export const timeMs = ms => `${clock.format(ms)}.${String(Math.floor(ms % 1000)).padStart(3, '0')}`;
export const dateTime = ms => day.format(ms);

const digits = value => value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2);

export function nanos(value) {
  if (value < 1e3) return `${Math.round(value)} ns`;
  if (value < 1e6) return `${digits(value / 1e3)} µs`;
  if (value < 1e9) return `${digits(value / 1e6)} ms`;
  return value < 6e10 ? `${digits(value / 1e9)} s` : age(value / 1e6);
}

export function age(ms) {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
  if (seconds < 86400) return `${Math.floor(seconds / 3600)} h ${Math.floor(seconds / 60) % 60} min`;
  return `${Math.floor(seconds / 86400)} d ${Math.floor(seconds / 3600) % 24} h`;
}

export function bytes(value) {
  const units = ['B', 'KB', 'MB', 'GB', 'TB'];
  let unit = 0;
  while (Math.abs(value) >= 1024 && unit < units.length - 1) { value /= 1024; unit++; }
  return `${unit === 0 ? Math.round(value) : digits(value)} ${units[unit]}`;
}

export function number(value) {
  const size = Math.abs(value);
  if (size >= 1e9) return `${digits(value / 1e9)} G`;
  if (size >= 1e6) return `${digits(value / 1e6)} M`;
  if (size >= 1e4) return `${digits(value / 1e3)} k`;
  return Number.isInteger(value) ? String(value) : size >= 100 ? value.toFixed(0) : size >= 1 ? value.toFixed(2) : value === 0 ? '0' : value.toPrecision(2);
}

/** A value in an instrument's unit, as UCUM writes units. */
export function inUnit(value, unit) {
  if (value === null || value === undefined) return '–';
  switch (unit) {
    case 's': return value === 0 ? '0 s' : nanos(value * 1e9);
    case 'ms': return value === 0 ? '0 ms' : nanos(value * 1e6);
    case 'us': return nanos(value * 1e3);
    case 'ns': return nanos(value);
    case 'By': return bytes(value);
    case '': case '1': return number(value);
    // What is counted, in braces, stands beside the chart.
    default: return unit.startsWith('{') ? number(value) : `${number(value)} ${unit}`;
  }
}

export const severity = value => value >= 21 ? 'fatal' : value >= 17 ? 'error' : value >= 13 ? 'warn' : value >= 9 ? 'info' : value >= 5 ? 'debug' : 'trace';
