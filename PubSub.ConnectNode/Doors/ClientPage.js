// The client page: one connection, one room, through the library that apps use (clients/js).
import { PubSubClient } from './pubsub/index.js';

const $ = id => document.getElementById(id);
const query = new URLSearchParams(location.search);

$('url').value = query.get('url') ?? `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/ws`;
$('room').value = query.get('room') ?? $('room').value;
$('user').value = query.get('user') ?? `guest-${Math.random().toString(36).slice(2, 7)}`;
$('name').value = query.get('name') ?? '';

let client = null;        // while the person wants to be connected
let room = null;
let presenceTimer = 0;

$('form').addEventListener('submit', event => {
  event.preventDefault();
  open();
});
$('disconnect').addEventListener('click', () => client?.close());
$('people').addEventListener('click', event => event.currentTarget.setAttribute('aria-expanded', document.body.classList.toggle('people')));
$('composer').addEventListener('submit', event => {
  event.preventDefault();
  const text = $('text').value;
  if (!text.trim()) return;
  room.publish(text).catch(error => note(error.message, true));
  $('text').value = '';
});

function open() {
  try {
    client = new PubSubClient({ url: $('url').value, userId: $('user').value, userName: $('name').value });
  } catch {
    return status('refused', 'that node is no address: give ws://host:port/ws');
  }
  client.on('state', changed);
  client.on('error', error => note(error.message, true));
  client.on('message', addMessage);
  room = client.room($('room').value);
  room.on('joined', () => {
    note(`joined ${room.id}`);
    askPresence();
  });
  room.on('putOut', reason => note(`left ${room.id}: ${reason}`));
  client.connect().catch(() => {});
  // A refusal is told by putOut, an end by the state.
  room.join().catch(() => {});
  clearInterval(presenceTimer);
  presenceTimer = setInterval(askPresence, 5000);
}

function changed(change) {
  switch (change.state) {
    case 'connecting':
      status('waiting', 'connecting…');
      break;
    case 'connected':
      status('connected', `${change.userId} on ${change.nodeId}`);
      break;
    case 'waiting':
      if (change.code) note(change.reason, true);
      status('waiting', `connection lost, again in ${(change.retryAfterMs / 1000).toFixed(1)} s`);
      break;
    case 'closed':
      client = null;
      clearInterval(presenceTimer);
      if (change.code === 1000) status('idle', 'not connected');
      else status('refused', `closed: ${change.reason || change.code}`);
  }
}

function addMessage(message) {
  const item = document.createElement('li');
  const from = message.sender?.userId;
  if (from && from === $('user').value) item.classList.add('mine');
  if (message.type === 'SYSTEM') item.classList.add('system');

  const meta = element('div', 'meta');
  meta.append(element('b', '', message.sender?.userName || from || message.type.toLowerCase()));
  meta.append(` ${new Date(message.timestamp).toLocaleTimeString()}`);
  if (message.channel !== room.channel) meta.append(` · ${message.channel}`);
  if (message.offset) meta.append(` · #${message.offset}`);
  item.append(meta, element('div', 'bubble', message.data ?? `${atob(message.binary ?? '').length} bytes of ${message.type.toLowerCase()}`));
  append(item);
}

function showPresence(presence) {
  $('count').textContent = `(${presence.userCount})`;
  const nameOf = member => member.userName || member.userId;
  const members = presence.members.toSorted((one, other) => nameOf(one).localeCompare(nameOf(other)));
  $('presence').replaceChildren(...members.map(member => {
    const item = element('li', '', nameOf(member));
    if (member.devices > 1) item.append(element('small', '', `${member.devices} devices`));
    return item;
  }));
}

function show() {
  const connected = client?.state === 'connected';
  $('form').hidden = !!client;
  $('disconnect').hidden = !client;
  $('text').disabled = $('send').disabled = !connected;
}

function status(state, text) {
  $('status').dataset.state = state;
  $('status').firstElementChild.textContent = text;
  show();
  if (state === 'connected') $('text').focus();
}

function note(text, bad) {
  append(element('li', bad ? 'note bad' : 'note', text));
}

function append(item) {
  const list = $('messages');
  const atEnd = list.scrollHeight - list.scrollTop - list.clientHeight < 80;
  list.append(item);
  while (list.childElementCount > 500) list.firstElementChild.remove();
  if (atEnd) list.scrollTop = list.scrollHeight;
}

function element(tag, className, text = '') {
  const made = document.createElement(tag);
  if (className) made.className = className;
  made.textContent = text;
  return made;
}

function askPresence() {
  if (client?.state === 'connected' && !document.hidden) room.presence().then(showPresence, () => {});
}
