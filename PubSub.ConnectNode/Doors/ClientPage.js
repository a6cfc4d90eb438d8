// The client page: one connection, one room. It speaks pubsub.json.v1 (PubSub.Protocol/SPEC.md).
'use strict';

const $ = id => document.getElementById(id);
const query = new URLSearchParams(location.search);

$('url').value = query.get('url') ?? `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/ws`;
$('room').value = query.get('room') ?? $('room').value;
$('user').value = query.get('user') ?? `guest-${Math.random().toString(36).slice(2, 7)}`;
$('name').value = query.get('name') ?? '';

let socket = null;
let wanted = false;       // the person wants to be connected
let attempt = 0;          // reconnects in a row
let retryAfter = 0;       // what the node asked for
let mayReconnect = true;
let heartbeat = 0;
let presenceTimer = 0;
let retryTimer = 0;
let lastRequest = 0;
const positions = new Map(); // channel -> { epoch, offset }

$('form').addEventListener('submit', event => {
  event.preventDefault();
  wanted = true;
  attempt = 0;
  positions.clear();
  open();
});
$('disconnect').addEventListener('click', () => {
  wanted = false;
  clearTimeout(retryTimer);
  if (socket) socket.close(1000);
  else show();
});
$('people').addEventListener('click', event => event.currentTarget.setAttribute('aria-expanded', document.body.classList.toggle('people')));
$('composer').addEventListener('submit', event => {
  event.preventDefault();
  const text = $('text').value;
  if (!text.trim()) return;
  request('clientMessages', { roomId: $('room').value, content: text, id: crypto.randomUUID?.() ?? `${Date.now()}-${Math.random()}` });
  $('text').value = '';
});

function open() {
  let url;
  try {
    url = new URL($('url').value);
  } catch {
    return status('refused', 'that node is no address: give ws://host:port/ws');
  }
  url.searchParams.set('user_id', $('user').value);
  if ($('name').value) url.searchParams.set('user_name', $('name').value);
  status('waiting', 'connecting…');
  mayReconnect = true;
  retryAfter = 0;
  try {
    socket = new WebSocket(url, 'pubsub.json.v1');
  } catch (error) {
    wanted = false;
    return status('refused', error.message);
  }
  socket.onmessage = message => receive(JSON.parse(message.data));
  socket.onclose = closed;
  show();
}

function closed(event) {
  socket = null;
  clearInterval(heartbeat);
  clearInterval(presenceTimer);
  if (event.code >= 4500 || event.code === 1002 || event.code === 1003 || event.code === 1007 || event.code === 1009) mayReconnect = false;
  if (wanted && mayReconnect) {
    // Full jitter, so that the clients of a dead node do not come back all at once.
    const pause = retryAfter + Math.random() * Math.min(10000, 250 * 2 ** attempt++);
    status('waiting', `connection lost, again in ${(pause / 1000).toFixed(1)} s`);
    retryTimer = setTimeout(open, pause);
  } else {
    status(wanted ? 'refused' : 'idle', wanted ? `closed: ${event.reason || event.code}` : 'not connected');
    wanted = false;
  }
  show();
}

function receive(frame) {
  const payload = frame.payload ?? {};
  switch (frame.type) {
    case 'connected':
      attempt = 0;
      status('connected', `${payload.userId} on ${payload.nodeId}`);
      request('join', { roomId: $('room').value, position: positions.has(channel()) ? { channel: channel(), ...positions.get(channel()) } : undefined });
      clearInterval(heartbeat);
      heartbeat = setInterval(() => send('ping', {}), Math.max(1, payload.heartbeatSeconds) * 1000);
      break;
    case 'joined':
      note(`joined ${payload.roomId}`);
      // After a resume the missed messages follow: they move the position on themselves.
      if (payload.channel && !(payload.recovered && positions.has(payload.channel))) positions.set(payload.channel, { epoch: payload.epoch, offset: payload.offset });
      clearInterval(presenceTimer);
      presenceTimer = setInterval(askPresence, 5000);
      askPresence();
      break;
    case 'serverMessages':
      payload.messages.forEach(addMessage);
      break;
    case 'presence':
      showPresence(payload);
      break;
    case 'left':
      note(`left ${payload.roomId}${payload.reason ? `: ${payload.reason}` : ''}`);
      break;
    case 'error':
      note(payload.message, true);
      break;
    case 'disconnect':
      retryAfter = payload.retryAfterMs ?? 0;
      note(payload.reason, true);
      break;
  }
}

function addMessage(message) {
  const known = positions.get(message.channel);
  if (message.epoch && known?.epoch === message.epoch && message.offset <= known.offset) return; // seen before
  if (message.epoch) positions.set(message.channel, { epoch: message.epoch, offset: message.offset });

  const item = document.createElement('li');
  const from = message.sender?.userId;
  if (from && from === $('user').value) item.classList.add('mine');
  if (message.type === 'SYSTEM') item.classList.add('system');

  const meta = element('div', 'meta');
  meta.append(element('b', '', message.sender?.userName || from || message.type.toLowerCase()));
  meta.append(` ${new Date(message.timestamp).toLocaleTimeString()}`);
  if (message.channel !== channel()) meta.append(` · ${message.channel}`);
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
  const connected = socket?.readyState === WebSocket.OPEN;
  $('form').hidden = wanted;
  $('disconnect').hidden = !wanted;
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

function channel() { return `room:${$('room').value}`; }
function askPresence() { if (!document.hidden) request('presence', { roomId: $('room').value }); }
function request(type, payload) { send(type, payload, String(++lastRequest)); }
function send(type, payload, id) {
  if (socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify({ type, id, payload }));
}
