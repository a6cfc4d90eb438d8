import { Connection } from './connection.js';
import { Delivery } from './delivery.js';
import { Emitter, iterate } from './emitter.js';
import { ConnectionEnded, PubSubError } from './errors.js';
import { MemoryPositionStore } from './positions.js';
import { lost, pauseMs } from './reconnect.js';
import { Room } from './room.js';

/** @typedef {import('./types.js').ClientOptions} ClientOptions */
/** @typedef {import('./types.js').Message} Message */
/** @typedef {import('./types.js').StateChange} StateChange */
/** @typedef {import('./types.js').Frame} Frame */
/** @typedef {import('./reconnect.js').Ending} Ending */

/**
 * @typedef {object} ClientEvents
 * @property {(change: StateChange) => void} state
 * @property {(message: Message) => unknown} message of every channel; the next waits for what the handler promises
 * @property {(gap: import('./types.js').ChannelGap) => unknown} skipped the node passed messages over, because this client reads too slowly
 * @property {(start: import('./types.js').ChannelStart) => unknown} start a channel begins (again), in order with its messages
 * @property {(error: PubSubError) => void} error a node's error that answers no request
 * @property {(error: unknown) => void} failed a handler of the app, or its store, threw
 */

/** @type {import('./types.js').Clock} */
const systemClock = { now: () => performance.now(), setTimeout: (callback, ms) => setTimeout(callback, ms), clearTimeout: timer => clearTimeout(timer) };

/**
 * A connection to the cluster that outlives every node: it comes back by itself, to another node, goes on in every
 * channel where it stood, and hands each message to the app once and in the order of its channel.
 */
export class PubSubClient {
  /** @type {Emitter<ClientEvents>} */
  #events = new Emitter();
  /** @type {Map<string, Room>} */
  #rooms = new Map();
  /** @type {Connection | undefined} */
  #connection;
  /** @type {Connection | undefined} */
  #up;
  /** @type {Set<{ resolve: (connection: Connection) => void, reject: (error: Error) => void }>} */
  #waiting = new Set();
  /** @type {StateChange} */
  #state = { state: 'idle' };
  #attempt = 0;
  #node = 0;
  #since = 0;
  /** @type {unknown} */
  #timer;
  /** @type {(value: void) => void} */
  #close = () => {};
  /** @type {(error: Error) => void} */
  #refuse = () => {};

  /** @param {ClientOptions} options */
  constructor(options) {
    const urls = [options.url].flat();
    if (urls.length === 0) throw new TypeError('url is empty: give the address of at least one node, for example ws://localhost:8080/ws.');
    for (const url of urls) {
      if (!/^wss?:$/.test(new URL(url).protocol)) throw new TypeError(`${url} is no address of a node: give ws://host:port/ws or wss://host:port/ws.`);
    }
    if (!options.userId && !options.token) throw new TypeError('Nobody is named: give userId or token.');
    const WebSocket = options.WebSocket ?? globalThis.WebSocket;
    if (!WebSocket) throw new TypeError('There is no global WebSocket here: give one as the option WebSocket.');
    this.options = {
      inboxCapacity: 4096, firstPauseMs: 250, longestPauseMs: 10_000, stableAfterMs: 5000, connectTimeoutMs: 10_000,
      requestTimeoutMs: 10_000, pongTimeoutMs: 5000, random: Math.random, clock: systemClock, ...options, WebSocket, urls,
    };
    this.#node = Math.floor(this.options.random() * urls.length);
    this.delivery = new Delivery(
      { capacity: this.options.inboxCapacity, dropOldest: options.whenInboxIsFull === 'dropOldest', store: options.positions ?? new MemoryPositionStore() },
      item => this.#dispatch(item),
      error => this.#events.emit('failed', error));
    /** Done when the app closed the client; rejected when a node refused it for good. @type {Promise<void>} */
    this.closed = new Promise((resolve, reject) => { this.#close = resolve; this.#refuse = reject; });
    // Nobody has to look at it.
    this.closed.catch(() => {});
  }

  get state() { return this.#state.state; }

  /** Messages dropped because the app was slow; `dropOldest` only. */
  get dropped() { return this.delivery.dropped; }

  /** @template {keyof ClientEvents} K @param {K} event @param {ClientEvents[K]} handler @returns {() => void} takes it off */
  on(event, handler) {
    return this.#events.on(event, handler);
  }

  /** Connects; done when a node has answered. From then on the client comes back by itself. */
  async connect() {
    if (this.state === 'idle') {
      this.#change({ state: 'connecting' });
      this.delivery.load().then(
        () => this.#open(),
        error => this.#finish({ code: 0, reason: `the position store failed: ${error.message}`, mayReconnect: false, retryAfterMs: 0 }));
    }
    await this.#ready();
  }

  /** A room; always the same object while it is joined. @param {string} id */
  room(id) {
    let room = this.#rooms.get(id);
    if (!room) this.#rooms.set(id, room = new Room(this, id));
    return room;
  }

  /** The messages of every channel from here on; connects where that was not done. @param {{ signal?: AbortSignal }} [options] */
  messages({ signal } = {}) {
    return iterate(handler => this.on('message', handler), () => this.connect(), this.closed, signal);
  }

  /**
   * What a channel's log holds after a position, or its newest messages.
   * @param {string} channel @param {{ since?: import('./types.js').Position, limit?: number }} [range]
   * @returns {Promise<import('./types.js').History>}
   */
  async history(channel, { since, limit = 0 } = {}) {
    const request = { channel, epoch: since?.epoch ?? 0, since: since?.offset ?? 0, limit };
    return (await this.call('history', request, this.#readiness(channel))).payload;
  }

  /** This message and all before it were delivered to the person, or read. @param {Message} message @param {{ read?: boolean }} [how] */
  async ack({ channel, epoch, offset }, { read = false } = {}) {
    await this.call('ack', { positions: [{ channel, epoch, offset }], read }, this.#readiness(channel));
  }

  /**
   * Has this user's phone told of what is pushed while the user is away; again with each start of the app.
   * @param {import('./types.js').Phone} phone
   * @returns {Promise<import('./types.js').Registration>}
   */
  async registerDevice({ platform, token, deviceId }) {
    return (await this.call('registerDevice', { platform, token, deviceId }, () => this.#ready())).payload;
  }

  /**
   * Has a phone told no more; when its user logs out there.
   * @param {{ deviceId?: string }} [phone] this one unless given
   * @returns {Promise<boolean>} whether it was registered
   */
  async removeDevice({ deviceId } = {}) {
    return (await this.call('removeDevice', { deviceId }, () => this.#ready())).payload.removed;
  }

  /** Says goodbye and ends. What waits for handlers is not handed over any more. */
  close() {
    this.#finish({ code: 1000, reason: 'closed by the app', mayReconnect: false, retryAfterMs: 0 }, true);
  }

  /** @param {Room} room */
  want(room) {
    if (this.state === 'closed') throw new PubSubError(0, 'The client is closed: make another one.');
    if (this.room(room.id) !== room && !this.room(room.id).wanted) this.#rooms.set(room.id, room);
    room.wanted = true;
    if (this.#up) this.#join(this.#up, room);
  }

  /** @param {Room} room */
  async leave(room) {
    if (!room.wanted) return;
    this.#rooms.delete(room.id);
    room.setOut(new PubSubError(105, `Room ${room.id} was left: join it first.`));
    await this.delivery.forget(room.channel);
    try {
      await this.#up?.request('leave', { roomId: room.id });
    } catch (error) {
      if (!(error instanceof ConnectionEnded) && /** @type {PubSubError} */ (error).code !== 105) throw error;
    }
  }

  /**
   * Asks until there is an answer: over reconnects and temporary refusals, within the request time-out.
   * @param {string} type @param {object} payload @param {() => Promise<Connection>} ready
   * @returns {Promise<Frame>}
   */
  call(type, payload, ready) {
    const { clock, requestTimeoutMs } = this.options;
    /** @type {unknown} */
    let last;
    let over = false;
    return new Promise((resolve, reject) => {
      const patience = clock.setTimeout(() => {
        over = true;
        reject(last ?? new PubSubError(0, `No answer within ${requestTimeoutMs / 1000} s.`, true));
      }, requestTimeoutMs);
      const tries = async () => {
        for (let attempt = 0; !over; attempt++) {
          try {
            return resolve(await (await ready()).request(type, payload));
          } catch (error) {
            if (!(error instanceof ConnectionEnded) && !(error instanceof PubSubError && error.isTemporary)) return reject(error);
            last = error;
          }
          await this.#pause(pauseMs(attempt, 0, this.options));
        }
      };
      tries().catch(reject).finally(() => clock.clearTimeout(patience));
    });
  }

  async #open() {
    const { urls, clock, WebSocket, token, userId, userName, deviceId, connectTimeoutMs, heartbeatMs, pongTimeoutMs } = this.options;
    const url = new URL(/** @type {string} */ (urls[this.#node]));
    this.#change({ state: 'connecting', url: String(url) });
    const cursors = this.delivery.sessionCursors();
    /** @type {string | undefined} */
    let shown;
    try {
      shown = await token?.();
    } catch (error) {
      return this.#ended(lost(`the token provider failed: ${/** @type {Error} */ (error).message}`));
    }
    if (this.state === 'closed') return;
    const introduces = shown !== undefined || cursors.length > 0;
    if (shown === undefined) {
      url.searchParams.set('user_id', userId ?? '');
      if (userName) url.searchParams.set('user_name', userName);
      if (introduces) url.searchParams.set('resume', '1');
    }
    if (deviceId) url.searchParams.set('device_id', deviceId);

    const connection = this.#connection = new Connection({ url: String(url), WebSocket, clock }, {
      // A node that does not know `resume=1` answers with an error and is connected all the same.
      opened: () => { if (introduces) connection.request('connect', { token: shown, positions: cursors }).catch(() => {}); },
      error: error => this.#events.emit('error', error),
      frame: frame => {
        if (frame.type === 'connected') {
          clock.clearTimeout(patience);
          connection.watch(heartbeatMs ?? Math.max(1, frame.payload.heartbeatSeconds) * 1000, pongTimeoutMs);
        }
        this.#take(connection, frame);
      },
      ended: ending => {
        clock.clearTimeout(patience);
        this.#ended(ending);
      },
    });
    const patience = clock.setTimeout(() => connection.end(lost(`not connected within ${connectTimeoutMs / 1000} s`)), connectTimeoutMs);
  }

  /** @param {Connection} connection @param {Frame} frame */
  #take(connection, { type, payload }) {
    switch (type) {
      case 'connected':
        payload.channels.forEach((/** @type {any} */ told) => this.delivery.start(told));
        this.#since = this.options.clock.now();
        this.#up = connection;
        this.#waiting.forEach(({ resolve }) => resolve(connection));
        this.#waiting.clear();
        for (const room of this.#rooms.values()) if (room.wanted) this.#join(connection, room);
        this.#change({ state: 'connected', url: this.#url(), nodeId: payload.nodeId, userId: payload.userId });
        break;
      case 'joined': {
        const room = this.#rooms.get(payload.roomId);
        if (!room?.wanted) break;
        this.delivery.start({ channel: payload.channel, epoch: payload.epoch, offset: payload.offset, recovered: payload.recovered });
        room.setJoined(connection);
        break;
      }
      case 'left': {
        const room = this.#rooms.get(payload.roomId);
        if (room?.wanted && payload.reason) this.#putOut(room, new PubSubError(105, payload.reason));
        break;
      }
      case 'gapMark':
        this.delivery.pass(payload);
        break;
      case 'serverMessages':
        for (const message of payload.messages) {
          if (this.delivery.tryTake(message)) continue;
          connection.end({ ...lost('the app reads too slowly: the inbox is full (inboxCapacity)'), slow: true });
          return;
        }
    }
  }

  /** @param {Ending} ending */
  async #ended(ending) {
    this.#connection = this.#up = undefined;
    for (const room of this.#rooms.values()) room.joiningOn = room.joinedOn = undefined;
    if (this.state === 'closed') return;
    if (!ending.mayReconnect) return this.#finish(ending);

    const { clock, stableAfterMs, urls } = this.options;
    if (this.#since && clock.now() - this.#since >= stableAfterMs) this.#attempt = 0;
    this.#since = 0;
    this.#node = (this.#node + 1) % urls.length;
    const pause = pauseMs(this.#attempt++, ending.retryAfterMs, this.options);
    this.#change({ state: 'waiting', url: this.#url(), code: ending.code, reason: ending.reason, retryAfterMs: pause });
    if (ending.slow) await this.delivery.whenHalfEmpty();
    if (this.state !== 'waiting') return;
    this.#timer = clock.setTimeout(() => this.#open(), pause);
  }

  /** @param {Ending} ending @param {boolean} [byApp] */
  #finish(ending, byApp = false) {
    if (this.state === 'closed') return;
    const why = new PubSubError(ending.code, byApp ? 'The client is closed: make another one.' : ending.reason);
    this.options.clock.clearTimeout(this.#timer);
    this.#change({ state: 'closed', code: ending.code, reason: ending.reason });
    if (byApp) this.delivery.stopped = true;
    this.#connection?.end(ending);
    this.#waiting.forEach(({ reject }) => reject(why));
    this.#waiting.clear();
    for (const room of this.#rooms.values()) room.setOut(why);
    if (byApp) this.#close();
    else this.#refuse(why);
  }

  /** @param {Connection} connection @param {Room} room */
  async #join(connection, room) {
    if (room.joiningOn === connection) return;
    room.joiningOn = connection;
    for (let attempt = 0; room.wanted && !connection.ending; attempt++) {
      const received = this.delivery.received(room.channel);
      const position = received && { channel: room.channel, ...received };
      try {
        return void await connection.request('join', { roomId: room.id, position });
      } catch (error) {
        if (error instanceof ConnectionEnded) return;
        const refusal = /** @type {PubSubError} */ (error);
        // An earlier try got through; its answer comes or has come.
        if (refusal.code === 106) return;
        if (!refusal.isTemporary) return this.#putOut(room, refusal);
      }
      await this.#pause(pauseMs(attempt, 0, this.options));
    }
  }

  /** @param {Room} room @param {PubSubError} why */
  #putOut(room, why) {
    this.#rooms.delete(room.id);
    room.setOut(why);
    room.events.emit('putOut', why.message);
  }

  /** @param {import('./delivery.js').Item} item @returns {Promise<boolean>} false: nobody wants it any more */
  async #dispatch({ message, start, gap }) {
    const channel = /** @type {string} */ (message?.channel ?? start?.channel ?? gap?.channel);
    const room = channel.startsWith('room:') ? this.#rooms.get(channel.slice('room:'.length)) : undefined;
    if (channel.startsWith('room:') && !room?.wanted) return false;
    const failed = (/** @type {unknown} */ error) => this.#events.emit('failed', error);
    if (gap) {
      await room?.events.callInTurn('skipped', [gap], failed);
      await this.#events.callInTurn('skipped', [gap], failed);
      return true;
    }
    if (start) {
      await room?.events.callInTurn('joined', [start], failed);
      await this.#events.callInTurn('start', [start], failed);
    } else if (message) {
      await room?.events.callInTurn('message', [message], failed);
      await this.#events.callInTurn('message', [message], failed);
    }
    return !this.delivery.stopped;
  }

  /** @returns {Promise<Connection>} */
  #ready() {
    return new Promise((resolve, reject) => {
      if (this.state === 'closed') this.closed.then(() => reject(new PubSubError(0, 'The client is closed: make another one.')), reject);
      else if (this.#up) resolve(this.#up);
      else this.#waiting.add({ resolve, reject });
    });
  }

  /** @param {string} channel */
  #readiness(channel) {
    const room = channel.startsWith('room:') ? this.#rooms.get(channel.slice('room:'.length)) : undefined;
    return room ? () => room.ready() : () => this.#ready();
  }

  /** @param {number} ms @returns {Promise<void>} */
  #pause(ms) {
    return new Promise(resolve => this.options.clock.setTimeout(() => resolve(), ms));
  }

  #url() {
    return /** @type {string} */ (this.options.urls[this.#node]);
  }

  /** @param {StateChange} change */
  #change(change) {
    this.#state = change;
    this.#events.emit('state', change);
  }
}
