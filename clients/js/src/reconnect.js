/** @typedef {{ code: number, reason: string, mayReconnect: boolean, retryAfterMs: number, slow?: boolean }} Ending */

/** @param {number} code */
const mayComeBack = code => code < 4500 && ![1002, 1003, 1007, 1009].includes(code);

/** @param {string} reason @returns {Ending} */
export const lost = reason => ({ code: 0, reason, mayReconnect: true, retryAfterMs: 0 });

/** @param {number} code @param {string} reason @returns {Ending} */
export const closedWith = (code, reason) =>
  ({ code, reason: reason || `closed with ${code}`, mayReconnect: mayComeBack(code), retryAfterMs: 0 });

/** What a `disconnect` frame says. @param {{ code: number, reason: string, retryAfterMs: number }} advice @returns {Ending} */
export const advised = ({ code, reason, retryAfterMs }) =>
  ({ code, reason, mayReconnect: retryAfterMs >= 0 && mayComeBack(code), retryAfterMs: Math.max(0, retryAfterMs) });

/**
 * Full jitter: what the node asked for, and on top of it any time up to a ceiling that doubles, so that the clients of
 * a dead node do not come back at once.
 * @param {number} attempt from 0
 * @param {number} advisedMs
 * @param {{ firstPauseMs: number, longestPauseMs: number, random: () => number }} options
 */
export const pauseMs = (attempt, advisedMs, { firstPauseMs, longestPauseMs, random }) =>
  advisedMs + random() * Math.min(longestPauseMs, firstPauseMs * 2 ** Math.min(attempt, 30));
