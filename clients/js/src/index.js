export { PubSubClient } from './client.js';
export { Room } from './room.js';
export { PubSubError } from './errors.js';
export { MemoryPositionStore } from './positions.js';

/** @typedef {import('./types.js').ClientOptions} ClientOptions */
/** @typedef {import('./types.js').Message} Message */
/** @typedef {import('./types.js').MessageType} MessageType */
/** @typedef {import('./types.js').Position} Position */
/** @typedef {import('./types.js').PositionStore} PositionStore */
/** @typedef {import('./types.js').ChannelStart} ChannelStart */
/** @typedef {import('./types.js').ChannelGap} ChannelGap */
/** @typedef {import('./types.js').StateChange} StateChange */
/** @typedef {import('./types.js').Presence} Presence */
/** @typedef {import('./types.js').Publication} Publication */
/** @typedef {import('./types.js').History} History */
/** @typedef {import('./types.js').Phone} Phone */
/** @typedef {import('./types.js').Registration} Registration */
