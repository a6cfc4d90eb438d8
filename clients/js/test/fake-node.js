// A node that says what the test says, and a clock that stands still until it is moved on.
import assert from 'node:assert/strict';

/** Lets everything that is ready happen. */
export const settle = async () => { for (let i = 0; i < 50; i++) await null; };

export class FakeNode {
  sessions = [];

  /** The class to give as the option WebSocket. */
  get WebSocket() {
    const node = this;
    return class {
      readyState = 0;
      sent = [];
      constructor(url, protocols) {
        this.url = new URL(url);
        this.protocols = protocols;
        node.sessions.push(this);
      }
      send(text) { this.sent.push(JSON.parse(text)); }
      close(code) { this.closedWith = code; this.readyState = 3; }

      // The node's side.
      open() { this.readyState = 1; this.onopen?.({}); }
      say(type, payload, id) { this.onmessage({ data: JSON.stringify({ type, id, payload }) }); }
      greet(channels = []) {
        this.open();
        this.say('connected', { sessionId: 's', userId: 'alice', nodeId: 'fake', heartbeatSeconds: 15, channels });
      }
      take(type) {
        const frame = this.sent.shift();
        assert.equal(frame?.type, type);
        return frame;
      }
      answerJoin(epoch, offset, recovered = false) {
        const { id, payload } = this.take('join');
        this.say('joined', { roomId: payload.roomId, channel: `room:${payload.roomId}`, epoch, offset, recovered, userCount: 1 }, id);
        return payload;
      }
      message(channel, epoch, offset, id = `${epoch}-${offset}`) {
        this.say('serverMessages', { messages: [{ channel, epoch, offset, id, type: 'TEXT', data: `text ${offset}`, timestamp: 0 }] });
      }
      drop(code = 1006, reason = '') { this.readyState = 3; this.onclose({ code, reason }); }
    };
  }

  get last() { return this.sessions.at(-1); }
}

export class FakeClock {
  #now = 0;
  #timers = new Map();
  #lastTimer = 0;

  now = () => this.#now;
  setTimeout = (callback, ms) => { this.#timers.set(++this.#lastTimer, { callback, due: this.#now + ms }); return this.#lastTimer; };
  clearTimeout = timer => { this.#timers.delete(timer); };

  async advance(ms) {
    await settle();
    const end = this.#now + ms;
    for (;;) {
      const [next] = [...this.#timers].filter(([, { due }]) => due <= end).sort(([, a], [, b]) => a.due - b.due);
      if (!next) break;
      this.#timers.delete(next[0]);
      this.#now = Math.max(this.#now, next[1].due);
      next[1].callback();
      await settle();
    }
    this.#now = end;
    await settle();
  }
}
