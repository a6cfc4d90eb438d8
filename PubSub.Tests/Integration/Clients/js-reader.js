// Joins a room with clients/js and prints what comes, one JSON object a line; ends with its input.
// node --experimental-websocket js-reader.js <library> <room> <url>...
const [library, roomId, ...url] = process.argv.slice(2);

const say = line => process.stdout.write(`${JSON.stringify(line)}\n`);

import(library).then(({ PubSubClient }) => {
  const client = new PubSubClient({ url, userId: 'reader-js' });
  const room = client.room(roomId);
  client.on('state', ({ state, nodeId, reason }) => say({ state, nodeId, reason }));
  room.on('joined', ({ recovered, isFirst }) => say({ joined: true, recovered, isFirst }));
  room.on('message', ({ epoch, offset, data }) => say({ epoch, offset, data }));
  client.connect().then(() => room.join());
  process.stdin.resume().on('end', () => { client.close(); process.exit(0); });
});
