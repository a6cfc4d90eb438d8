/** @typedef {import('./types.js').Position} Position */
/** @typedef {import('./types.js').Message} Message */
/** @typedef {import('./types.js').ChannelStart} ChannelStart */
/** @typedef {import('./types.js').ChannelGap} ChannelGap */
/** @typedef {import('./types.js').PositionStore} PositionStore */
/** @typedef {{ message?: Message, start?: ChannelStart, gap?: ChannelGap }} Item */

const IDS_KEPT = 512;

/** What of one channel has come, so that each message is taken once: by position, and by id. */
export class Track {
  /** @type {Position | undefined} */
  received;
  /** @type {Set<string>} */
  #ids = new Set();

  /** @param {Position} [received] */
  constructor(received) {
    this.received = received;
  }

  /** @param {{ channel: string, epoch: number, offset: number, recovered: boolean }} told @returns {ChannelStart} */
  start({ channel, epoch, offset, recovered }) {
    const before = this.received;
    const back = before?.epoch === epoch && offset < before.offset;
    // Recovered: the missed messages follow, and move the position themselves. What has come is never asked for anew.
    if (!before || (!recovered && !back)) this.received = { epoch, offset };
    return { channel, epoch, offset, recovered, isFirst: !before };
  }

  /**
   * The log was lost and began anew while this client was there: nobody told where it goes on, but the first of the new
   * epoch does. What the old one still had for this client will not come.
   * @param {string} channel @param {number} epoch @param {number} offset @returns {ChannelStart | undefined}
   */
  beginAnew(channel, epoch, offset) {
    if (!epoch || !this.received?.epoch || this.received.epoch === epoch) return undefined;
    return this.start({ channel, epoch, offset: offset - 1, recovered: false });
  }

  /** Goes on behind what the node passed over. @param {ChannelGap} gap @returns {boolean} false where all of it has come before */
  tryPass({ epoch, to }) {
    if (!epoch) return true;
    if (this.received?.epoch === epoch && to <= this.received.offset) return false;
    this.received = { epoch, offset: to };
    return true;
  }

  /** @param {Message} message @returns {boolean} false where it has come before; sets `missed` otherwise */
  tryTake(message) {
    message.missed = 0;
    const { epoch, offset, id } = message;
    if (epoch) {
      if (this.received?.epoch === epoch) {
        if (offset <= this.received.offset) return false;
        message.missed = offset - this.received.offset - 1;
      }
      this.received = { epoch, offset };
    }
    if (!id) return true;
    if (this.#ids.has(id)) return false;
    this.#ids.add(id);
    if (this.#ids.size > IDS_KEPT) {
      // A set keeps its order: the first is the oldest.
      for (const oldest of this.#ids) { this.#ids.delete(oldest); break; }
    }
    return true;
  }
}

/**
 * The way of what comes to the app: each message once (tracks), bounded (inbox), in order and one at a time. Two
 * positions move on it: what has come, handed in on a reconnect, and what the app is done with, kept by the store.
 */
export class Delivery {
  /** @type {Map<string, Track>} */
  #tracks = new Map();
  /** @type {Item[]} */
  #items = [];
  #messages = 0;
  #running = false;
  /** @type {(() => void)[]} */
  #drained = [];
  dropped = 0;
  stopped = false;

  /**
   * @param {{ capacity: number, dropOldest: boolean, store: PositionStore }} options
   * @param {(item: Item) => Promise<boolean>} dispatch
   * @param {(error: unknown) => void} failed
   */
  constructor(options, dispatch, failed) {
    this.options = options;
    this.dispatch = dispatch;
    this.failed = failed;
  }

  async load() {
    for (const [channel, position] of await this.options.store.load()) this.#tracks.set(channel, new Track(position));
  }

  /** @param {string} channel */
  received(channel) {
    const received = this.#tracks.get(channel)?.received;
    return received?.epoch ? received : undefined;
  }

  /** Handed in with `connect`: the channels that every session has. */
  sessionCursors() {
    return [...this.#tracks].flatMap(([channel, { received }]) =>
      !channel.startsWith('room:') && received?.epoch ? [{ channel, ...received }] : []);
  }

  /** @param {{ channel: string, epoch: number, offset: number, recovered: boolean }} told */
  start(told) {
    this.#add({ start: this.#track(told.channel).start(told) });
  }

  /** @param {ChannelGap} gap */
  pass(gap) {
    if (this.#follow(gap.channel, gap.epoch, gap.from).tryPass(gap)) this.#add({ gap });
  }

  /** @param {Message} message @returns {boolean} false: the inbox is full, and the connection has to end */
  tryTake(message) {
    const { capacity, dropOldest } = this.options;
    if (this.#messages >= capacity && !dropOldest) return false;
    if (!this.#follow(message.channel, message.epoch, message.offset).tryTake(message)) return true;
    if (this.#messages >= capacity) {
      this.#items.splice(this.#items.findIndex(item => item.message), 1);
      this.#messages--;
      this.dropped++;
    }
    this.#messages++;
    this.#add({ message });
    return true;
  }

  /** @param {string} channel */
  async forget(channel) {
    this.#tracks.delete(channel);
    await this.options.store.forget(channel);
  }

  /** @returns {Promise<void>} */
  whenHalfEmpty() {
    return new Promise(resolve => {
      this.#drained.push(resolve);
      this.#wake();
    });
  }

  /**
   * The channel's track, also into a new log, which is told before what comes of it.
   * @param {string} channel @param {number} epoch @param {number} offset
   */
  #follow(channel, epoch, offset) {
    const track = this.#track(channel);
    const start = track.beginAnew(channel, epoch, offset);
    if (start) this.#add({ start });
    return track;
  }

  /** @param {string} channel */
  #track(channel) {
    let track = this.#tracks.get(channel);
    if (!track) this.#tracks.set(channel, track = new Track());
    return track;
  }

  /** @param {Item} item */
  #add(item) {
    this.#items.push(item);
    if (!this.#running) this.#run();
  }

  async #run() {
    this.#running = true;
    // What is under way in this turn comes first, so that whoever awaits an answer can attach handlers.
    await null;
    while (!this.stopped) {
      const item = this.#items.shift();
      if (!item) break;
      if (item.message) this.#messages--;
      this.#wake();
      try {
        const { message, start, gap } = item;
        if (!await this.dispatch(item)) continue;
        const done = message ?? (gap && { ...gap, offset: gap.to }) ?? (start && (start.isFirst || !start.recovered) ? start : undefined);
        if (done?.epoch) await this.options.store.save(done.channel, { epoch: done.epoch, offset: done.offset });
      } catch (error) {
        this.failed(error);
      }
    }
    this.#running = false;
  }

  #wake() {
    if (this.#messages <= this.options.capacity / 2) this.#drained.splice(0).forEach(resolve => resolve());
  }
}
