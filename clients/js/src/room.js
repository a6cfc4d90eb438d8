import { Emitter, iterate } from './emitter.js';
import { PubSubError } from './errors.js';

/** @typedef {import('./types.js').Message} Message */
/** @typedef {import('./types.js').ChannelStart} ChannelStart */
/** @typedef {import('./types.js').ChannelGap} ChannelGap */
/** @typedef {import('./connection.js').Connection} Connection */

/**
 * @typedef {object} RoomEvents
 * @property {(message: Message) => unknown} message once and in order; the next waits for what the handler promises
 * @property {(start: ChannelStart) => unknown} joined for the first time or again; `recovered` says whether something is missing
 * @property {(gap: ChannelGap) => unknown} skipped the node passed messages over, because this client reads too slowly
 * @property {(reason: string) => void} putOut no longer in the room, and it was not the app's wish
 */

/** One room: joined again after every reconnect, from where it stood, until the app leaves or is put out. */
export class Room {
  /** @type {Emitter<RoomEvents>} */
  events = new Emitter();
  wanted = false;
  /** @type {Connection | undefined} */
  joiningOn;
  /** @type {Connection | undefined} */
  joinedOn;
  /** @type {Set<{ resolve: (connection: Connection) => void, reject: (error: Error) => void }>} */
  waiting = new Set();

  /** @param {import('./client.js').PubSubClient} client @param {string} id */
  constructor(client, id) {
    this.client = client;
    this.id = id;
    this.channel = `room:${id}`;
  }

  /** @template {keyof RoomEvents} K @param {K} event @param {RoomEvents[K]} handler @returns {() => void} takes it off */
  on(event, handler) {
    return this.events.on(event, handler);
  }

  /** Joins; done when the node has answered. Attach handlers first. */
  async join() {
    this.client.want(this);
    await this.ready();
  }

  /** Leaves, and forgets the position. */
  leave() {
    return this.client.leave(this);
  }

  /** The messages from here on; joins where that was not done. @param {{ signal?: AbortSignal }} [options] */
  messages({ signal } = {}) {
    return iterate(handler => this.on('message', handler), () => this.join(), this.client.closed, signal);
  }

  /**
   * Publishes text; repeated over reconnects, and published once.
   * @param {string} content
   * @param {{ type?: import('./types.js').MessageType, id?: string, key?: string, metadata?: Record<string, string> }} [options]
   *   `key`: what it is the newest state of, for rooms that conflate
   * @returns {Promise<import('./types.js').Publication>}
   */
  publish(content, options = {}) {
    return this.#publish({ content }, options);
  }

  /**
   * Publishes bytes, given in base64.
   * @param {string} binary
   * @param {{ type?: import('./types.js').MessageType, id?: string, key?: string, metadata?: Record<string, string> }} [options]
   */
  publishBinary(binary, options = {}) {
    return this.#publish({ binary }, { type: 'CUSTOM', ...options });
  }

  /** @returns {Promise<import('./types.js').Presence>} who is in the room */
  async presence() {
    const { payload } = await this.#call('presence', { roomId: this.id });
    return { userCount: payload.userCount, members: payload.members };
  }

  /** What the log holds after a position, or its newest messages. @param {{ since?: import('./types.js').Position, limit?: number }} [range] */
  history(range) {
    return this.client.history(this.channel, range);
  }

  /** The room's connection, once it is joined there. @returns {Promise<Connection>} */
  ready() {
    return new Promise((resolve, reject) => {
      if (!this.wanted) reject(new PubSubError(105, `Room ${this.id} is not joined: join it first.`));
      else if (this.joinedOn) resolve(this.joinedOn);
      else this.waiting.add({ resolve, reject });
    });
  }

  /** @param {Connection} connection */
  setJoined(connection) {
    this.joinedOn = connection;
    this.waiting.forEach(({ resolve }) => resolve(connection));
    this.waiting.clear();
  }

  /** @param {Error} why */
  setOut(why) {
    this.wanted = false;
    this.joiningOn = this.joinedOn = undefined;
    this.waiting.forEach(({ reject }) => reject(why));
    this.waiting.clear();
  }

  /** @param {object} content @param {{ type?: string, id?: string, key?: string, metadata?: Record<string, string> }} options */
  async #publish(content, { type = 'TEXT', id = newId(), key, metadata }) {
    // An id in any case: the repeat after a reconnect must not be a second message.
    const { payload } = await this.#call('clientMessages', { roomId: this.id, ...content, type, id, key, metadata });
    return { messageId: payload.id, epoch: payload.epoch, offset: payload.offset };
  }

  /** @param {string} type @param {object} payload */
  #call(type, payload) {
    return this.client.call(type, payload, () => this.ready());
  }
}

// Pages that came over plain HTTP have no randomUUID.
const newId = () => globalThis.crypto?.randomUUID?.() ?? `${Date.now().toString(36)}-${Math.random().toString(36).slice(2)}${Math.random().toString(36).slice(2)}`;
