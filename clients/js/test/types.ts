// Compiled, not run: the types as an app in strict TypeScript sees them.
import { MemoryPositionStore, PubSubClient, PubSubError, type Message, type PositionStore } from '../src/index.js';

const store: PositionStore = new MemoryPositionStore();
const client = new PubSubClient({ url: ['ws://a/ws', 'ws://b/ws'], userId: 'alice', positions: store, whenInboxIsFull: 'resume' });
const room = client.room('lobby');
room.on('message', async (message: Message) => void message.data?.length);
room.on('joined', start => { const recovered: boolean = start.recovered; return recovered; });
const off: () => void = client.on('state', change => change.retryAfterMs?.toFixed());
off();

export async function use(): Promise<number> {
  await client.connect();
  for await (const message of room.messages()) if (message.missed > 0) break;
  try {
    return (await room.publish('hello', { type: 'TEXT' })).offset;
  } catch (error) {
    return error instanceof PubSubError ? error.code : 0;
  }
}

export const registered: Promise<number> = client.registerDevice({ platform: 'APNS', token: '00' }).then(({ expiresAt }) => expiresAt);
export const removed: Promise<boolean> = client.removeDevice();

// @ts-expect-error: there is no such platform
client.registerDevice({ platform: 'apns', token: '00' });
// @ts-expect-error: there is no such event
room.on('mesage', () => {});
// @ts-expect-error: url is missing
new PubSubClient({ userId: 'alice' });
// @ts-expect-error: no such type of message
room.publish('hello', { type: 'text' });
