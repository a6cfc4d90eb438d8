import { get, stream } from './api.js';
import { h, icon } from './dom.js';
import { startKeys } from './keys.js';
import { colorOf } from './services.js';
import * as resources from './resources.js';
import * as consoleLogs from './console.js';
import * as logs from './logs.js';
import * as traces from './traces.js';
import * as trace from './trace.js';
import * as metrics from './metrics.js';

const views = { resources, console: consoleLogs, logs, traces, trace, metrics };
const container = document.getElementById('view');
const liveButton = document.getElementById('live');

const app = {
  paused: false,
  resources: [],
  /** Keeps the choices of a view in its address, so that a link and the way back bring them. */
  remember(view, params) {
    const clean = Object.fromEntries(Object.entries(params).filter(([, value]) => value !== '' && value !== null && value !== undefined && value !== false));
    const text = new URLSearchParams(clean).toString();
    history.replaceState(null, '', `#/${view}${text ? `?${text}` : ''}`);
  },
};

let current = null;

function show() {
  const [path, query] = (location.hash.slice(2) || 'resources').split('?');
  const [name, id] = path.split('/');
  const view = views[name] ?? resources;
  current?.unmount?.();
  container.className = '';
  container.scrollTop = 0;
  container.replaceChildren();
  for (const link of document.querySelectorAll('.side a')) {
    const isCurrent = link.dataset.view === (name === 'trace' ? 'traces' : name in views ? name : 'resources');
    if (isCurrent) link.setAttribute('aria-current', 'page');
    else link.removeAttribute('aria-current');
  }
  current = view.mount(container, Object.fromEntries(new URLSearchParams(query ?? '')), app, id && decodeURIComponent(id));
}

async function loadResources() {
  const answer = await get('resources');
  app.resources = answer.resources;
  app.clockAhead = Date.parse(answer.now) - Date.now();
  for (const resource of app.resources) colorOf(resource.name);
  document.getElementById('application').textContent = answer.application;
  document.title = answer.application;
  const sick = app.resources.filter(resource => resources.isSick(resource)).length;
  const badge = document.querySelector('.side .badge');
  badge.textContent = sick;
  badge.hidden = sick === 0;
  badge.title = `${sick} not well`;
}

let versions = null;
let changes = null;

function listen() {
  changes?.close();
  changes = stream('changes');
  changes.onopen = () => liveState();
  changes.onerror = () => liveState(true);
  changes.onmessage = async message => {
    const now = JSON.parse(message.data);
    const before = versions;
    versions = now;
    if (app.paused) return;
    const changed = Object.keys(now).filter(topic => !before || before[topic] !== now[topic]);
    if (changed.includes('resources')) await loadResources().catch(() => {});
    for (const topic of changed) current?.changed?.(topic);
  };
}

function liveState(isLost) {
  liveButton.classList.toggle('lost', Boolean(isLost));
  document.getElementById('live-text').textContent = isLost ? 'Not connected' : app.paused ? 'Paused' : 'Live';
}

function pause() {
  app.paused = !app.paused;
  liveButton.setAttribute('aria-pressed', String(!app.paused));
  liveState();
  if (app.paused) return;
  loadResources().then(() => { for (const topic of Object.keys(versions ?? {})) current?.changed?.(topic); });
  current?.resumed?.();
}

function theme() {
  const root = document.documentElement;
  const isDark = root.dataset.theme ? root.dataset.theme === 'dark' : matchMedia('(prefers-color-scheme: dark)').matches;
  root.dataset.theme = isDark ? 'light' : 'dark';
  localStorage.setItem('theme', root.dataset.theme);
}

for (const link of document.querySelectorAll('.side a')) {
  const name = link.dataset.view;
  link.append(icon(name), name[0].toUpperCase() + name.slice(1));
  if (name === 'resources') link.append(h('span', { class: 'badge', hidden: true }));
}
document.getElementById('theme').append(icon('theme'));
document.getElementById('theme').addEventListener('click', theme);
document.getElementById('help').addEventListener('click', () => document.getElementById('shortcuts').showModal());
liveButton.addEventListener('click', pause);
const chosen = localStorage.getItem('theme');
if (chosen === 'light' || chosen === 'dark') document.documentElement.dataset.theme = chosen;

startKeys({
  pause, theme,
  help: () => document.getElementById('shortcuts').showModal(),
  escape: () => current?.escape?.(),
});
addEventListener('hashchange', show);
// A page that nobody sees holds no connection; browsers allow only a few to one address.
document.addEventListener('visibilitychange', () => { if (document.hidden) changes?.close(); else listen(); });

await loadResources();
show();
listen();
