import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MemoryPositionStore, PubSubClient } from '../src/index.js';
import { FakeClock, FakeNode, settle } from './fake-node.js';

function scene(options = {}) {
  const node = new FakeNode();
  const clock = new FakeClock();
  const changes = [];
  const client = new PubSubClient({ url: 'ws://node/ws', userId: 'alice', WebSocket: node.WebSocket, clock, random: () => 0.5, ...options });
  client.on('state', change => changes.push(change));
  const seen = [];
  return { node, clock, client, changes, seen };
}

async function connected(options) {
  const it = scene(options);
  const connecting = it.client.connect();
  await settle();
  it.node.last.greet();
  await connecting;
  return it;
}

async function joined(options) {
  const it = await connected(options);
  it.room = it.client.room('r');
  it.room.on('message', message => { it.seen.push(message.id); });
  it.room.on('joined', start => { it.seen.push(start.isFirst ? 'first' : start.recovered ? 'recovered' : `lost ${start.epoch}-${start.offset}`); });
  const joining = it.room.join();
  assert.equal(it.node.last.answerJoin(1, 10).position, undefined);
  await joining;
  return it;
}

test('the URL names the user, and the subprotocol is asked for', async () => {
  const { node } = await connected({ userName: 'Alice B', deviceId: 'phone' });
  assert.equal(node.last.url.search, '?user_id=alice&user_name=Alice+B&device_id=phone');
  assert.deepEqual(node.last.protocols, ['pubsub.json.v1']);
});

test('a room goes on behind the last message and repeats none', async () => {
  const { node, clock, seen } = await joined();
  node.last.message('room:r', 1, 11);
  node.last.message('room:r', 1, 12);
  node.last.drop();
  await clock.advance(250);

  node.last.greet();
  assert.deepEqual(node.last.answerJoin(1, 12, true).position, { channel: 'room:r', epoch: 1, offset: 12 });
  // The position alone tells a repetition, also where its id is not known.
  node.last.message('room:r', 1, 12, 'another id');
  for (const offset of [12, 13, 13, 14]) node.last.message('room:r', 1, offset);
  await settle();
  assert.deepEqual(seen, ['first', '1-11', '1-12', 'recovered', '1-13', '1-14']);
});

test('what the node passed over is told in its place, is no loss, and is not asked for again', async () => {
  const { node, clock, seen, client, room } = await joined();
  room.on('message', ({ missed }) => { if (missed) seen.push(`missed ${missed}`); });
  room.on('skipped', ({ from, to, count }) => { seen.push(`skipped ${from}-${to} (${count})`); });
  let all = 0;
  client.on('skipped', ({ count }) => { all += count; });
  node.last.message('room:r', 1, 11);
  node.last.say('gapMark', { channel: 'room:r', epoch: 1, from: 12, to: 19, count: 8 });
  node.last.message('room:r', 1, 20);
  node.last.say('gapMark', { channel: 'room:r', epoch: 1, from: 12, to: 19, count: 8 });
  node.last.say('gapMark', { channel: 'room:r', epoch: 1, from: 21, to: 22, count: 2 });
  await settle();
  assert.deepEqual(seen, ['first', '1-11', 'skipped 12-19 (8)', '1-20', 'skipped 21-22 (2)']);
  assert.equal(all, 10);

  node.last.drop();
  await clock.advance(250);
  node.last.greet();
  assert.deepEqual(node.last.answerJoin(1, 22, true).position, { channel: 'room:r', epoch: 1, offset: 22 });
});

test('a phone is registered and removed, and what is wrong with it is told', async () => {
  const { node, client } = await connected({ deviceId: 'phone' });
  const registering = client.registerDevice({ platform: 'FCM', token: 't' });
  await settle();
  const { id, payload } = node.last.take('registerDevice');
  assert.deepEqual(payload, { platform: 'FCM', token: 't' });
  node.last.say('deviceRegistered', { deviceId: 'phone', expiresAt: 42 }, id);
  assert.deepEqual(await registering, { deviceId: 'phone', expiresAt: 42 });

  const removing = client.removeDevice({ deviceId: 'tablet' });
  await settle();
  const removal = node.last.take('removeDevice');
  assert.deepEqual(removal.payload, { deviceId: 'tablet' });
  node.last.say('deviceRemoved', { deviceId: 'tablet', removed: true }, removal.id);
  assert.equal(await removing, true);

  const wrong = client.registerDevice({ platform: 'APNS', token: '' });
  await settle();
  node.last.say('error', { code: 100, message: 'token is empty', temporary: false }, node.last.take('registerDevice').id);
  await assert.rejects(wrong, { code: 100, message: 'token is empty' });
});

test('a log that is lost while nobody was cut off is told, too, and once', async () => {
  const { node, seen, client } = await joined();
  const starts = [];
  client.on('start', start => { starts.push(start.channel); });
  node.last.message('room:r', 1, 11);
  for (const offset of [1, 2]) node.last.message('room:r', 2, offset);
  node.last.say('gapMark', { channel: 'room:r', epoch: 3, from: 1, to: 4, count: 4 });
  node.last.message('room:r', 3, 5);
  await settle();
  assert.deepEqual(seen, ['first', '1-11', 'lost 2-0', '2-1', '2-2', 'lost 3-0', '3-5']);
  assert.deepEqual(starts, ['room:r', 'room:r']);
});

test('history since the beginning asks for just that', async () => {
  const { node, client } = await connected();
  const asking = client.history('all', { since: { epoch: 7, offset: 0 } });
  await settle();
  const { id, payload } = node.last.take('history');
  assert.deepEqual([payload.epoch, payload.since], [7, 0]);
  node.last.say('history', { channel: 'all', epoch: 7, firstOffset: 1, endOffset: 1, messages: [{ channel: 'all', epoch: 7, offset: 1, id: 'a', type: 'TEXT', data: 'x', timestamp: 0 }] }, id);
  assert.deepEqual((await asking).messages.map(message => message.id), ['a']);
});

test('a lost log is told between what was and what comes', async () => {
  const { node, clock, seen } = await joined();
  node.last.message('room:r', 1, 11);
  node.last.drop();
  await clock.advance(250);
  node.last.greet();
  node.last.answerJoin(2, 0);
  node.last.message('room:r', 2, 1);
  await settle();
  assert.deepEqual(seen, ['first', '1-11', 'lost 2-0', '2-1']);
});

test('a message that comes by two ways is shown once', async () => {
  const { node, seen } = await joined();
  node.last.message('room:r', 1, 11, 'same');
  node.last.message('room:r', 1, 12, 'same');
  node.last.message('room:r', 0, 0, 'same');
  await settle();
  assert.deepEqual(seen, ['first', 'same']);
});

test('a hole in the log is told with its size', async () => {
  const { node, room } = await joined();
  let missed;
  room.on('message', message => { missed = message.missed; });
  node.last.message('room:r', 1, 15);
  await settle();
  assert.equal(missed, 4);
});

test('the channels of every session are handed in with the connect frame', async () => {
  const { node, clock } = await connected();
  node.last.message('user:alice', 3, 2);
  node.last.drop();
  await clock.advance(250);
  assert.equal(node.last.url.searchParams.get('resume'), '1');
  node.last.open();
  assert.deepEqual(node.last.take('connect').payload.positions, [{ channel: 'user:alice', epoch: 3, offset: 2 }]);
});

test('a token is asked for each time and stays out of the URL', async () => {
  let asked = 0;
  const { node, clock, client } = scene({ userId: undefined, token: async () => `token-${++asked}` });
  client.connect().catch(() => {});
  for (const expected of ['token-1', 'token-2']) {
    await settle();
    assert.equal(node.last.url.search, '');
    node.last.open();
    assert.equal(node.last.take('connect').payload.token, expected);
    node.last.drop();
    await clock.advance(500);
  }
});

test('not before the time that the node asked for', async () => {
  const { node, clock, changes } = await connected();
  node.last.say('disconnect', { code: 1001, reason: 'stopping', retryAfterMs: 3000 });
  node.last.drop(1001);
  assert.deepEqual(changes.at(-1), { state: 'waiting', url: 'ws://node/ws', code: 1001, reason: 'stopping', retryAfterMs: 3125 });
  await clock.advance(3124);
  assert.equal(node.sessions.length, 1);
  await clock.advance(1);
  assert.equal(node.sessions.length, 2);
});

for (const [code, retryAfterMs] of [[4001, -1], [4500, 0], [4501, -1]]) {
  test(`never after ${code} with ${retryAfterMs}`, async () => {
    const { node, clock, client } = await connected();
    node.last.say('disconnect', { code, reason: 'go', retryAfterMs });
    node.last.drop(code);
    await assert.rejects(client.closed, { code, message: 'go' });
    await clock.advance(60_000);
    assert.equal(node.sessions.length, 1);
    await assert.rejects(client.connect(), { code });
  });
}

test('pauses are anywhere up to a ceiling that doubles, and begin anew after a good connection', async () => {
  for (const [random, expected] of [[0, [0, 0, 0]], [0.999, [249.75, 499.5, 999]]]) {
    const { node, clock, client, changes } = scene({ random: () => random });
    client.connect().catch(() => {});
    const pauses = [];
    for (let i = 0; i < 3; i++) {
      await settle();
      node.last.drop();
      pauses.push(changes.at(-1).retryAfterMs);
      await clock.advance(1000);
    }
    assert.deepEqual(pauses, expected);
    node.last.greet();
    await clock.advance(5000);
    node.last.drop();
    assert.equal(changes.at(-1).retryAfterMs, expected[0]);
  }
});

test('to the next node when one is gone', async () => {
  const { node, clock } = await connected({ url: ['ws://a/ws', 'ws://b/ws'], random: () => 0 });
  node.last.drop();
  await clock.advance(250);
  assert.deepEqual(node.sessions.map(session => session.url.host), ['a', 'b']);
});

test('a silent node is asked, then given up', async () => {
  const { node, clock, client, changes } = await connected();
  await clock.advance(15_000);
  node.last.take('ping');
  node.last.say('pong', {});
  await clock.advance(15_000);
  node.last.take('ping');
  assert.equal(client.state, 'connected');
  await clock.advance(5000);
  assert.ok(changes.some(change => /silent/.test(change.reason)));
});

test('an answer to connect that never comes ends the attempt', async () => {
  const { node, clock, client } = scene();
  client.connect().catch(() => {});
  await settle();
  node.last.open();
  await clock.advance(10_125);
  assert.equal(node.sessions.length, 2);
});

test('a publish tells its offset and is repeated under one id over a reconnect', async () => {
  const { node, clock, room } = await joined();
  const publishing = room.publish('hello');
  await settle();
  const first = node.last.take('clientMessages').payload;
  node.last.drop();
  await clock.advance(250);
  node.last.greet();
  node.last.answerJoin(1, 10, true);
  await clock.advance(1000);
  const { id, payload } = node.last.take('clientMessages');
  assert.deepEqual(payload, first);
  node.last.say('published', { channel: 'room:r', id: payload.id, epoch: 1, offset: 11 }, id);
  assert.equal((await publishing).offset, 11);
});

test('a temporary refusal is tried again, another one is told', async () => {
  const { node, clock, client } = await connected();
  const joining = client.room('full').join();
  node.last.say('error', { code: 200, message: 'later', temporary: true }, node.last.take('join').id);
  await clock.advance(250);
  node.last.say('error', { code: 104, message: 'full', temporary: false }, node.last.take('join').id);
  await assert.rejects(joining, { code: 104, message: 'full' });
});

test('a request ends with its time', async () => {
  const { clock, client } = await connected();
  const asking = assert.rejects(client.history('all'), /No answer within 10 s/);
  await clock.advance(10_000);
  await asking;
});

test('a room that was left begins anew, and takes no publish', async () => {
  const { node, room } = await joined();
  const leaving = room.leave();
  await settle();
  node.last.say('left', { roomId: 'r' }, node.last.take('leave').id);
  await leaving;
  await assert.rejects(room.publish('to nobody'), { code: 105 });
  const again = room.join();
  assert.equal(node.last.answerJoin(1, 20).position, undefined);
  await again;
});

test('a room that the user was put out of is not joined again', async () => {
  const { node, clock, room } = await joined();
  const reasons = [];
  room.on('putOut', reason => reasons.push(reason));
  node.last.say('left', { roomId: 'r', reason: 'kicked' });
  node.last.drop();
  await clock.advance(250);
  node.last.greet();
  await settle();
  assert.deepEqual([reasons, node.last.sent], [['kicked'], []]);
});

test('a handler that throws is told, and the next message comes', async () => {
  const { node, client, room, seen } = await joined();
  const failures = [];
  client.on('failed', error => failures.push(error.message));
  room.on('message', () => { throw new Error('mine'); });
  node.last.message('room:r', 1, 11);
  node.last.message('room:r', 1, 12);
  await settle();
  assert.deepEqual([failures, seen], [['mine', 'mine'], ['first', '1-11', '1-12']]);
});

test('an iteration joins, reads in order, and ends with its signal', async () => {
  const { node, client } = await connected();
  const enough = new AbortController();
  const offsets = [];
  const reading = (async () => {
    for await (const message of client.room('r').messages({ signal: enough.signal })) {
      offsets.push(message.offset);
      if (message.offset === 100) enough.abort();
    }
  })();
  await settle();
  node.last.answerJoin(1, 0);
  for (let offset = 1; offset <= 110; offset++) node.last.message('room:r', 1, offset);
  await reading;
  assert.deepEqual(offsets, Array.from({ length: 100 }, (_, i) => i + 1));
});

test('a slow app costs the connection but no message', async () => {
  const { node, clock, client, changes } = await connected({ inboxCapacity: 4 });
  const offsets = [];
  let go;
  const gate = new Promise(resolve => { go = resolve; });
  client.on('message', async message => { await gate; offsets.push(message.offset); });
  for (let offset = 1; offset <= 10; offset++) node.last.message('all', 1, offset);
  assert.match(changes.at(-1).reason, /inboxCapacity/);
  await clock.advance(60_000);
  assert.equal(node.sessions.length, 1);

  go();
  await clock.advance(250);
  node.last.open();
  const from = node.last.take('connect').payload.positions[0].offset;
  node.last.greet([{ channel: 'all', epoch: 1, offset: from, recovered: true }]);
  for (let offset = from + 1; offset <= 10; offset++) { node.last.message('all', 1, offset); await settle(); }
  assert.deepEqual(offsets, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
});

test('or the oldest messages, where the app wants it so', async () => {
  const { node, client } = await connected({ inboxCapacity: 4, whenInboxIsFull: 'dropOldest' });
  const offsets = [];
  client.on('message', message => { offsets.push(message.offset); });
  for (let offset = 1; offset <= 10; offset++) node.last.message('all', 1, offset);
  await settle();
  assert.deepEqual([offsets, client.dropped], [[7, 8, 9, 10], 6]);
});

test('the next page goes on where the handlers of the last were done', async () => {
  const positions = new MemoryPositionStore();
  const { node, client } = await joined({ positions });
  client.on('message', message => message.offset === 12 ? new Promise(() => {}) : undefined);
  node.last.message('room:r', 1, 11);
  node.last.message('room:r', 1, 12);
  await settle();
  client.close();

  const later = await connected({ positions });
  later.client.room('r').join().catch(() => {});
  assert.deepEqual(later.node.last.take('join').payload.position, { channel: 'room:r', epoch: 1, offset: 11 });
});

test('closed by the app: goodbye, and no return', async () => {
  const { node, clock, client, room } = await joined();
  client.close();
  await client.closed;
  assert.equal(node.last.closedWith, 1000);
  await clock.advance(60_000);
  assert.equal(node.sessions.length, 1);
  await assert.rejects(room.publish('late'), /closed|not joined/);
  await assert.rejects(room.join(), /closed/);
});
