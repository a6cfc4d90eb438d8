// Acknowledges what comes to one device of a user with clients/js, and prints what was acknowledged, one JSON object a line;
// ends with its input.
// node --experimental-websocket js-acker.js <library> <user> <device> <url>...
const [library, userId, deviceId, ...url] = process.argv.slice(2);

const say = line => process.stdout.write(`${JSON.stringify(line)}\n`);

import(library).then(({ PubSubClient }) => {
  const client = new PubSubClient({ url, userId, deviceId });
  client.on('message', async message => {
    await client.ack(message, { read: message.data.startsWith('read') });
    say({ acked: message.data });
  });
  client.connect().then(() => say({ connected: true }));
  process.stdin.resume().on('end', () => { client.close(); process.exit(0); });
});
