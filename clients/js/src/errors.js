/** A node refused a request, or the connection. `code` is an error or close code of SPEC.md; 0 where there is none. */
export class PubSubError extends Error {
  /**
   * @param {number} code
   * @param {string} message
   * @param {boolean} [isTemporary] the same request may succeed later
   */
  constructor(code, message, isTemporary = false) {
    super(message);
    this.name = 'PubSubError';
    this.code = code;
    this.isTemporary = isTemporary;
  }
}

/** The connection ended before the answer came: the request is repeated on the next one. */
export class ConnectionEnded extends Error {}
