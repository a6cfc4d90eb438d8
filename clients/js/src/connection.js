import { ConnectionEnded, PubSubError } from './errors.js';
import { advised, closedWith, lost } from './reconnect.js';

/** @typedef {import('./types.js').Frame} Frame */
/** @typedef {import('./reconnect.js').Ending} Ending */
/** @typedef {{ resolve: (frame: Frame) => void, reject: (error: Error) => void }} Waiting */

const SUBPROTOCOL = 'pubsub.json.v1';
const OPEN = 1;

/** One connection to one node, from the handshake to its end. It does not come back; the client makes the next one. */
export class Connection {
  /** @type {Map<string, Waiting>} */
  #requests = new Map();
  #lastId = 0;
  #lastReceived = 0;
  /** @type {unknown} */
  #beat;
  /** @type {Ending | undefined} */
  #advice;
  /** @type {Ending | undefined} */
  ending;

  /**
   * @param {{ url: string, WebSocket: new (url: string, protocols: string[]) => WebSocket, clock: import('./types.js').Clock }} options
   * @param {{ opened: () => void, frame: (frame: Frame) => void, error: (error: PubSubError) => void, ended: (ending: Ending) => void }} events
   */
  constructor({ url, WebSocket, clock }, events) {
    this.clock = clock;
    this.events = events;
    this.socket = new WebSocket(url, [SUBPROTOCOL]);
    this.socket.onopen = () => {
      this.#lastReceived = clock.now();
      events.opened();
    };
    this.socket.onmessage = ({ data }) => this.#take(data);
    this.socket.onclose = ({ code, reason }) => this.end(code === 1006 || code === 1005 ? lost('connection lost') : closedWith(code, reason), false);
    // What follows an error is the close; it says all that a browser tells.
    this.socket.onerror = () => {};
  }

  /**
   * @param {string} type @param {object} payload
   * @returns {Promise<Frame>} rejected with a PubSubError (refused) or ConnectionEnded
   */
  request(type, payload) {
    return new Promise((resolve, reject) => {
      if (this.ending) return reject(new ConnectionEnded(this.ending.reason));
      const id = String(++this.#lastId);
      this.#requests.set(id, { resolve, reject });
      this.#send({ type, id, payload });
    });
  }

  /**
   * @param {Ending} ending
   * @param {boolean} [close] close the socket as well
   */
  end(ending, close = true) {
    if (this.ending) return;
    this.ending = this.#advice ?? ending;
    this.clock.clearTimeout(this.#beat);
    if (close) this.socket.close(1000);
    for (const { reject } of this.#requests.values()) reject(new ConnectionEnded(this.ending.reason));
    this.#requests.clear();
    this.events.ended(this.ending);
  }

  /** Watches for silence from here on; SPEC.md section 7. @param {number} heartbeatMs @param {number} pongTimeoutMs */
  watch(heartbeatMs, pongTimeoutMs) {
    let asked = false;
    const look = () => {
      const silent = this.clock.now() - this.#lastReceived;
      if (silent < heartbeatMs) asked = false;
      if (silent >= heartbeatMs + pongTimeoutMs) return this.end(lost(`the node was silent for ${silent / 1000} s`));
      if (silent >= heartbeatMs && !asked) {
        asked = true;
        this.#send({ type: 'ping', payload: {} });
      }
      this.#beat = this.clock.setTimeout(look, heartbeatMs + (asked ? pongTimeoutMs : 0) - silent);
    };
    look();
  }

  /** @param {unknown} data */
  #take(data) {
    if (this.ending) return;
    this.#lastReceived = this.clock.now();
    /** @type {Frame} */
    let frame;
    try {
      frame = JSON.parse(String(data));
    } catch {
      return this.end(lost('the node sent what is not of this protocol'));
    }
    if (frame.type === 'disconnect') this.#advice ??= advised(frame.payload);
    // The client first: whoever waited for the answer finds done what the frame says.
    this.events.frame(frame);
    const waiting = frame.id ? this.#requests.get(frame.id) : undefined;
    if (frame.id) this.#requests.delete(frame.id);
    if (frame.type === 'error') {
      const { code, message, temporary } = frame.payload;
      const error = new PubSubError(code, message, temporary);
      if (waiting) waiting.reject(error);
      else if (!frame.id) this.events.error(error);
    } else {
      waiting?.resolve(frame);
    }
  }

  /** @param {Frame} frame */
  #send(frame) {
    if (this.socket.readyState === OPEN) this.socket.send(JSON.stringify(frame));
  }
}
