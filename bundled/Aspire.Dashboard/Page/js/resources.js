import { get, link, post } from './api.js';
import { emptyNote, h, icon, keyedList, s, searchBox, toast } from './dom.js';
import { age, bytes, dateTime } from './format.js';
import { colorOf } from './services.js';

const sickStates = ['FailedToStart', 'RuntimeUnhealthy'];

export const isSick = resource => sickStates.includes(resource.state)
  || resource.health === 'Unhealthy' || (resource.state === 'Exited' && resource.exitCode > 0);

/** good, busy, bad or off: the colour of its dot. */
function moodOf(resource) {
  if (isSick(resource)) return 'bad';
  if (resource.state === 'Running') return resource.health === null || resource.health === 'Healthy' ? 'good' : 'busy';
  return ['Starting', 'Waiting', 'Stopping'].includes(resource.state) ? 'busy' : 'off';
}

const words = { FailedToStart: 'Failed to start', RuntimeUnhealthy: 'Not healthy' };

function stateText(resource) {
  const word = words[resource.state] ?? resource.state;
  if (resource.state === 'Exited' && resource.exitCode !== null) return `${word} (${resource.exitCode})`;
  return resource.state === 'Running' && resource.health === 'Unhealthy' ? 'Unhealthy' : word;
}

export function sparkline(values, label) {
  const highest = Math.max(...values, 1e-9);
  const points = values.map((value, i) => `${(100 - (values.length - 1 - i) * (100 / Math.max(values.length - 1, 11))).toFixed(1)},${(22 - value / highest * 20).toFixed(1)}`);
  const last = points[points.length - 1].split(',')[0];
  const first = points[0].split(',')[0];
  return s('svg', { class: 'spark', viewBox: '0 0 100 24', preserveAspectRatio: 'none', role: 'img', 'aria-label': label },
    s('path', { class: 'spark-area', d: `M${first},24 L${points.join(' L')} L${last},24 Z` }),
    s('polyline', { class: 'spark-line', points: points.join(' ') }));
}

const isLink = url => /^https?:\/\//i.test(url);

const endpointNode = endpoint => isLink(endpoint.url)
  ? h('a', { href: endpoint.url, target: '_blank', rel: 'noopener noreferrer', title: endpoint.name, text: endpoint.url.replace(/^https?:\/\//, '') })
  : h('span', { class: 'muted', title: endpoint.name, text: endpoint.url.replace(/^tcp:\/\//, '') });

async function run(resource, command, button) {
  button.disabled = true;
  button.classList.add('busy');
  try {
    await post(`resources/${encodeURIComponent(resource.name)}/commands/${command}`);
  } catch (fault) {
    toast(fault.message, true);
  } finally {
    button.classList.remove('busy');
    button.disabled = !button.allowed;
  }
}

function commandButton(name, current) {
  const button = h('button', {
    class: 'icon-button quiet', 'data-command': name,
    onclick: event => { event.stopPropagation(); run(current(), name, button); },
  }, icon(name));
  return button;
}

function row(first, open) {
  let resource = first;
  const dot = h('span', { class: 'dot' });
  const state = h('span');
  const reason = h('span', { class: 'reason' });
  const source = h('span', { class: 'muted source' });
  const endpoints = h('td', { class: 'endpoints', 'data-label': 'Endpoints' });
  const uptime = h('td', { class: 'num', 'data-label': 'Up for' });
  const cpu = h('td', { class: 'usage num', 'data-label': 'CPU' });
  const memory = h('td', { class: 'usage num', 'data-label': 'Memory' });
  const restarts = h('td', { class: 'num restarts', 'data-label': 'Restarts' });
  const buttons = ['start', 'stop', 'restart'].map(name => commandButton(name, () => resource));
  const node = h('tr', {
    'data-row': true, tabindex: '-1', class: `res ${colorOf(first.name)}`, 'data-name': first.name,
    onclick: event => { if (!event.target.closest('a, button')) open(resource.name); },
    onkeydown: event => { if (event.key === 'Enter' && event.target === node) open(resource.name); },
  },
  h('td', { class: 'name' }, h('b', { text: first.name }), source),
  h('td', { class: 'state' }, h('span', { class: 'state-line' }, dot, state), reason),
  endpoints, uptime, cpu, memory, restarts,
  h('td', { class: 'actions' }, buttons));
  let shownEndpoints = '';
  const usage = (cell, values, text, label) => cell.replaceChildren(
    ...values?.length ? [h('span', { text }), sparkline(values, label)] : [h('span', { class: 'muted', text: '–' })]);
  return {
    node,
    update(next) {
      resource = next;
      node.dataset.mood = moodOf(resource);
      state.textContent = stateText(resource);
      reason.textContent = resource.healthText && isSick(resource) ? resource.healthText : '';
      reason.title = reason.textContent;
      source.textContent = resource.source.split(' (')[0].split(/[\\/]/).pop();
      source.title = `${resource.kind}: ${resource.source}`;
      const urls = JSON.stringify(resource.endpoints);
      if (urls !== shownEndpoints) endpoints.replaceChildren(...resource.endpoints.map(endpointNode));
      shownEndpoints = urls;
      usage(cpu, resource.usage?.cpu, `${resource.usage?.cpu.at(-1)?.toFixed(1)} %`, 'Processor time');
      usage(memory, resource.usage?.memory, bytes(resource.usage?.memory.at(-1) ?? 0), 'Memory');
      restarts.textContent = resource.restarts;
      restarts.classList.toggle('some', resource.restarts > 0);
      for (const button of buttons) {
        const name = button.dataset.command;
        button.allowed = resource.commands.includes(name);
        if (!button.classList.contains('busy')) button.disabled = !button.allowed;
        button.setAttribute('aria-label', `${name[0].toUpperCase()}${name.slice(1)} ${resource.name}`);
        button.title = button.getAttribute('aria-label');
      }
    },
    tick(now) {
      uptime.textContent = resource.startedAt && resource.processId !== null ? age(now - Date.parse(resource.startedAt)) : '–';
    },
  };
}

function details(resource, close) {
  const environment = h('div');
  const load = async reveal => {
    const variables = await get(`resources/${encodeURIComponent(resource.name)}/environment`, { reveal });
    const hidden = variables.some(variable => variable.isSecret);
    environment.replaceChildren(
      h('h3', null, `Environment (${variables.length}) `,
        hidden && h('button', { class: 'link', text: reveal ? 'hide secrets' : 'show secrets', onclick: () => load(!reveal) })),
      h('table', { class: 'tags' }, h('tbody', null, variables.map(variable =>
        h('tr', null, h('th', { scope: 'row', text: variable.name }), h('td', { text: variable.value ?? '••••••••' }))))));
  };
  load(false).catch(fault => environment.replaceChildren(h('p', { class: 'muted', text: fault.message })));

  const facts = [
    ['State', stateText(resource)], ['Health', resource.health ?? 'not known'], resource.healthText && ['Because', resource.healthText],
    ['Kind', resource.kind], ['Source', resource.source], resource.processId && ['Process', String(resource.processId)],
    resource.startedAt && ['Started', dateTime(Date.parse(resource.startedAt))],
    resource.exitCode !== null && ['Exit code', String(resource.exitCode)], ['Restarts', String(resource.restarts)],
  ].filter(Boolean).map(([key, value]) => ({ key, value }));
  const service = resource.telemetryName;
  return h('aside', { class: 'drawer', 'aria-label': `Details of ${resource.name}` },
    h('div', { class: 'bar' }, h('h2', { text: resource.name }), h('span', { class: 'spring' }),
      h('button', { class: 'icon-button quiet', 'aria-label': 'Close', onclick: close }, icon('close'))),
    h('div', { class: 'bar' },
      h('a', { class: 'chip', href: link('console', { resource: resource.name }), text: 'Console' }),
      service && [h('a', { class: 'chip', href: link('logs', { service }), text: 'Logs' }),
        h('a', { class: 'chip', href: link('traces', { service }), text: 'Traces' }),
        h('a', { class: 'chip', href: link('metrics', { service }), text: 'Metrics' })]),
    h('table', { class: 'tags' }, h('tbody', null, facts.map(fact => h('tr', null, h('th', { scope: 'row', text: fact.key }), h('td', { text: fact.value }))))),
    h('h3', { text: 'Endpoints' }),
    h('div', { class: 'endpoints' }, resource.endpoints.length ? resource.endpoints.map(endpointNode) : h('span', { class: 'muted', text: 'none' })),
    environment);
}

export function mount(container, params, app) {
  let search = params.q ?? '';
  let drawer = null;
  const rows = new Map();
  const body = h('tbody', { 'data-list': true });
  const summary = h('div', { class: 'tally', role: 'status' });
  const empty = emptyNote('No resource matches', 'Search for part of a name, a kind or a state.');
  const table = h('table', { class: 'resources card' }, h('thead', null, h('tr', null,
    ['Name', 'State', 'Endpoints', 'Up for', 'CPU', 'Memory', 'Restarts', ''].map(text =>
      h('th', { scope: 'col' }, text || h('span', { class: 'hidden-text', text: 'Actions' }))))), body);

  const close = () => { drawer?.remove(); drawer = null; app.remember('resources', { q: search }); };
  const open = name => {
    drawer?.remove();
    const resource = app.resources.find(it => it.name === name);
    if (!resource) return;
    drawer = details(resource, () => { close(); rows.get(name)?.node.focus(); });
    container.append(drawer);
    drawer.querySelector('button').focus();
    app.remember('resources', { q: search, show: name });
  };

  const list = keyedList(body, resource => resource.name, resource => {
    const made = row(resource, open);
    rows.set(resource.name, made);
    return made;
  });
  const tick = () => { for (const it of rows.values()) it.tick(Date.now() + (app.clockAhead ?? 0)); };
  const show = () => {
    const wanted = search.toLowerCase();
    const found = app.resources.filter(it => `${it.name} ${it.kind} ${it.state} ${it.source}`.toLowerCase().includes(wanted));
    list(found);
    empty.hidden = found.length > 0;
    table.hidden = found.length === 0;
    const count = mood => app.resources.filter(it => moodOf(it) === mood).length;
    const tally = [[count('good'), 'good', 'running'], [count('busy'), 'busy', 'on the way'], [count('bad'), 'bad', 'not well'], [count('off'), 'off', 'stopped']];
    summary.replaceChildren(...tally.filter(([n]) => n > 0).map(([n, mood, text]) =>
      h('span', { 'data-mood': mood }, h('span', { class: 'dot' }), h('b', { text: n }), ` ${text}`)));
    tick();
  };

  container.append(
    h('div', { class: 'bar' }, h('h2', { text: 'Resources' }), summary, h('span', { class: 'spring' }),
      searchBox('Search resources', search, text => { search = text; app.remember('resources', { q: search }); show(); })),
    table, empty);
  show();
  if (params.show) open(params.show);
  const timer = setInterval(tick, 1000);
  return {
    changed: topic => { if (topic === 'resources') show(); },
    escape: close,
    unmount: () => clearInterval(timer),
  };
}
