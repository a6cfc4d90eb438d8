/** Handlers by event; `on` gives back what takes the handler off. @template {Record<string, (...args: any[]) => unknown>} E */
export class Emitter {
  /** @type {Map<keyof E, Set<Function>>} */
  #handlers = new Map();

  /**
   * @template {keyof E} K
   * @param {K} event @param {E[K]} handler
   * @returns {() => void}
   */
  on(event, handler) {
    let handlers = this.#handlers.get(event);
    if (!handlers) this.#handlers.set(event, handlers = new Set());
    handlers.add(handler);
    return () => handlers.delete(handler);
  }

  /**
   * Calls all, one after another, each after what the one before it promised; their faults go to `failed`.
   * @template {keyof E} K
   * @param {K} event @param {Parameters<E[K]>} args @param {(error: unknown) => void} failed
   */
  async callInTurn(event, args, failed) {
    for (const handler of [...this.#handlers.get(event) ?? []]) {
      try {
        await handler(...args);
      } catch (error) {
        failed(error);
      }
    }
  }

  /** @template {keyof E} K @param {K} event @param {Parameters<E[K]>} args */
  emit(event, ...args) {
    for (const handler of [...this.#handlers.get(event) ?? []]) handler(...args);
  }
}

/**
 * Messages as an async iterable: the next one is handed out when this one is done with.
 * @param {(handler: (message: import('./types.js').Message) => Promise<void>) => () => void} listen
 * @param {() => Promise<unknown>} begin called once the messages are listened to, so that none is missed
 * @param {Promise<void>} closed ends the iteration
 * @param {AbortSignal} [signal] ends it too
 * @returns {AsyncGenerator<import('./types.js').Message, void, void>}
 */
export async function* iterate(listen, begin, closed, signal) {
  /** @type {{ message: import('./types.js').Message, done: () => void }[]} */
  const waiting = [];
  let wake = () => {};
  const off = listen(message => new Promise(done => {
    waiting.push({ message, done });
    wake();
  }));
  let ended = false;
  const end = () => { ended = true; wake(); };
  signal?.addEventListener('abort', end);
  closed.then(end, end);
  /** @type {(() => void) | undefined} */
  let handedOut;
  try {
    if (!signal?.aborted) await begin();
    while (!signal?.aborted) {
      const next = waiting.shift();
      if (next) {
        handedOut = next.done;
        yield next.message;
        next.done();
      } else if (ended) {
        return void await closed;
      } else {
        await new Promise(resolve => { wake = () => resolve(undefined); });
      }
    }
  } finally {
    off();
    signal?.removeEventListener('abort', end);
    handedOut?.();
    waiting.forEach(({ done }) => done());
  }
}
