import { h } from './dom.js';

const colors = 12;
const known = new Map();

/** The same name has the same colour in every view; two names share one only when all are taken. */
export function colorOf(name) {
  if (!known.has(name)) {
    let hash = 0;
    for (const letter of name) hash = (hash * 31 + letter.codePointAt(0)) >>> 0;
    const taken = new Set(known.values());
    let color = hash % colors;
    for (let i = 0; i < colors && taken.has(color); i++) color = (color + 1) % colors;
    known.set(name, color);
  }
  return `c${known.get(name)}`;
}

/** A name in its service's colour: the service's own, or that of an instance. */
export const serviceLabel = (service, name = service) => h('span', { class: `svc ${colorOf(service)}`, title: service, text: name });
