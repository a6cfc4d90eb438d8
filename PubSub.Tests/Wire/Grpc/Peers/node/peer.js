// A gRPC peer on @grpc/grpc-js, server and client in one process. The test talks to it in lines of JSON:
// first {descriptors, certificate, key, max_message} -> {port, tls_port}, then any number of
// {id, case, target, tls} -> {id} or {id, error}. It ends when its input ends.
'use strict';

const readline = require('node:readline');
const grpc = require('@grpc/grpc-js');
const protoLoader = require('@grpc/proto-loader');
const { testService, makeProbe } = require('./services');
const { makeCases } = require('./cases');

async function main() {
  const lines = readline.createInterface({ input: process.stdin })[Symbol.asyncIterator]();
  const hello = JSON.parse((await lines.next()).value);
  const wire = load(hello);
  say(await serve(wire, hello));
  for await (const line of lines) run(wire, hello, JSON.parse(line));
  process.exit(0);
}

function load({ descriptors }) {
  const options = { arrays: true, longs: String, enums: Number, defaults: true };
  return protoLoader.loadFileDescriptorSetFromBuffer(Buffer.from(descriptors, 'base64'), options);
}

async function serve(wire, hello) {
  const server = new grpc.Server(limits(hello));
  server.addService(only(wire['grpc.testing.TestService'], testService), testService);
  server.addService(wire['pubsub.testing.Probe'], makeProbe());
  const pair = [{ private_key: Buffer.from(hello.key), cert_chain: Buffer.from(hello.certificate) }];
  return {
    port: await bind(server, grpc.ServerCredentials.createInsecure()),
    tls_port: await bind(server, grpc.ServerCredentials.createSsl(null, pair)),
  };
}

// A method without implementation is left out: the library would answer it, but has no way to log it quietly.
function only(definition, implementation) {
  return Object.fromEntries(Object.entries(definition).filter(([name]) => name in implementation));
}

function bind(server, credentials) {
  return new Promise((resolve, reject) =>
    server.bindAsync('127.0.0.1:0', credentials, (error, port) => (error ? reject(error) : resolve(port))));
}

async function run(wire, hello, command) {
  const credentials = command.tls
    ? grpc.credentials.createSsl(Buffer.from(hello.certificate))
    : grpc.credentials.createInsecure();
  const open = (service, extra) =>
    new (grpc.makeGenericClientConstructor(wire[service], service))(command.target, credentials, { ...limits(hello), ...extra });
  const clients = {
    test: open('grpc.testing.TestService'),
    missing: open('grpc.testing.UnimplementedService'),
    probe: open('pubsub.testing.Probe'),
    gzipTest: open('grpc.testing.TestService', {
      'grpc.default_compression_algorithm': grpc.compressionAlgorithms.gzip,
    }),
  };
  try {
    await makeCases(clients)[command.case]();
    say({ id: command.id });
  } catch (error) {
    say({ id: command.id, error: error.stack });
  } finally {
    Object.values(clients).forEach((client) => client.close());
  }
}

function limits({ max_message: maxMessage }) {
  return {
    'grpc.max_receive_message_length': maxMessage,
    'grpc.max_send_message_length': -1,
    'grpc.enable_http_proxy': 0,
  };
}

function say(answer) {
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}

main();
