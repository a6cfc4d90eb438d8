// The shapes that the library takes and gives; PubSub.Protocol/SPEC.md says what they mean. Nothing of it runs.

/** @typedef {'TEXT' | 'SYSTEM' | 'AUDIO' | 'TRANSLATION' | 'CUSTOM'} MessageType */

/** @typedef {{ epoch: number, offset: number }} Position */

/**
 * @typedef {object} Message
 * @property {string} channel `room:{id}`, `user:{id}` or `all`
 * @property {string} id the same for every repetition of one push
 * @property {number} epoch 0 where the channel has no log
 * @property {number} offset
 * @property {MessageType} type
 * @property {string} [data] the content, where it is text
 * @property {string} [binary] the content, where it is bytes, in base64
 * @property {number} timestamp Unix time in milliseconds
 * @property {{ userId: string, userName: string }} [sender]
 * @property {Record<string, string>} [metadata]
 * @property {number} missed how many messages before this one the log had lost; normally 0
 */

/**
 * @typedef {object} ChannelStart a channel begins, or begins again after a reconnect
 * @property {string} channel
 * @property {number} epoch
 * @property {number} offset every later message comes
 * @property {boolean} recovered nothing is missing between the last message and the next
 * @property {boolean} isFirst there was no position to go on from
 */

/**
 * @typedef {object} ChannelGap messages that the node passed over, because this client reads too slowly; read them from
 *   the history after `from - 1` where they are wanted
 * @property {string} channel
 * @property {number} epoch 0 where the room has no log
 * @property {number} from the first offset that does not come
 * @property {number} to the last one
 * @property {number} count how many messages they are
 */

/**
 * @typedef {object} StateChange
 * @property {'idle' | 'connecting' | 'connected' | 'waiting' | 'closed'} state
 * @property {string} [url] the node's address; where the state is waiting, the next one's
 * @property {string} [nodeId]
 * @property {string} [userId]
 * @property {number} [code] the close code that ended the connection
 * @property {string} [reason] why it ended, in words
 * @property {number} [retryAfterMs] the pause before the next attempt
 */

/** @typedef {{ messageId: string, epoch: number, offset: number }} Publication */

/**
 * @typedef {object} Phone
 * @property {'APNS' | 'FCM'} platform who gave the token
 * @property {string} token of APNs as hexadecimal text, of FCM as the app got it
 * @property {string} [deviceId] the one of the options unless given
 */

/** @typedef {{ deviceId: string, expiresAt: number }} Registration `expiresAt`: Unix time in milliseconds, unless it is registered again */

/** @typedef {{ userCount: number, members: { userId: string, userName: string, devices: number }[] }} Presence */

/** @typedef {{ channel: string, epoch: number, firstOffset: number, endOffset: number, messages: Message[] }} History */

/**
 * @typedef {object} PositionStore keeps how far the app has got, by channel; one store for each user
 * @property {() => Map<string, Position> | Promise<Map<string, Position>>} load asked once, before the first attempt
 * @property {(channel: string, position: Position) => void | Promise<void>} save the handlers are done up to here
 * @property {(channel: string) => void | Promise<void>} forget the room was left
 */

/**
 * @typedef {object} ClientOptions
 * @property {string | string[]} url `ws://host:port/ws` of one node or of several
 * @property {string} [userId] left out where a token names the user
 * @property {string} [userName]
 * @property {string} [deviceId] names this device, whose place in the user's messages the services keep
 * @property {() => string | Promise<string>} [token] asked before each attempt
 * @property {PositionStore} [positions] in memory unless given
 * @property {number} [inboxCapacity] messages that may wait for the handlers; 4096
 * @property {'resume' | 'dropOldest'} [whenInboxIsFull] `resume` ends the connection and gets the rest from the log later
 * @property {number} [firstPauseMs] ceiling of the first pause before a reconnect, doubled each time; 250
 * @property {number} [longestPauseMs] no ceiling is higher; 10000
 * @property {number} [stableAfterMs] a connection that held so long makes the pauses short again; 5000
 * @property {number} [connectTimeoutMs] 10000
 * @property {number} [requestTimeoutMs] reconnects and repeats are within it; 10000
 * @property {number} [heartbeatMs] silence after which the node is asked for a sign of life; the node's own unless given
 * @property {number} [pongTimeoutMs] further silence after which it is given up; 5000
 * @property {new (url: string, protocols: string[]) => WebSocket} [WebSocket] where there is no global one (Node 20)
 * @property {() => number} [random] from 0 to 1
 * @property {Clock} [clock] for tests
 */

/**
 * @typedef {object} Clock
 * @property {() => number} now in milliseconds
 * @property {(callback: () => void, ms: number) => unknown} setTimeout
 * @property {(timer: any) => void} clearTimeout
 */

/** @typedef {{ type: string, id?: string, payload?: any }} Frame */

export {};
