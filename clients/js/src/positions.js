/** @typedef {import('./types.js').Position} Position */

/** Keeps positions as long as it lives; give it to the next client to go on there. */
export class MemoryPositionStore {
  /** @type {Map<string, Position>} */
  #positions = new Map();

  load() {
    return new Map(this.#positions);
  }

  /** @param {string} channel @param {Position} position */
  save(channel, position) {
    this.#positions.set(channel, position);
  }

  /** @param {string} channel */
  forget(channel) {
    this.#positions.delete(channel);
  }
}
