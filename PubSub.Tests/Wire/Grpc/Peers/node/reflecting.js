// What grpcurl does with list, describe and a call: learns all it knows of the server from its reflection.
// node reflecting.js <host:port> <v1|v1alpha> <service> <method> <request as JSON>
// prints {services, methods, answer}, or ends with what went wrong.
'use strict';

const grpc = require('@grpc/grpc-js');
const { GrpcReflection } = require('grpc-js-reflection-client');

const [target, version, service, method, request] = process.argv.slice(2);
const options = { 'grpc.enable_http_proxy': 0 };

async function main() {
  const credentials = grpc.credentials.createInsecure();
  const reflection = new GrpcReflection(target, credentials, options, version);
  const services = await reflection.listServices();
  const described = await reflection.getDescriptorBySymbol(service);
  const definitions = described.getPackageDefinition({ keepCase: true, enums: String, longs: String, defaults: true });
  const methods = Object.fromEntries(Object.entries(definitions[service]).map(([name, one]) => [name, shape(one)]));

  const Client = grpc.makeGenericClientConstructor(definitions[service], service);
  const client = new Client(target, credentials, options);
  const answer = await new Promise((resolve, reject) =>
    client[method](JSON.parse(request), { deadline: Date.now() + 20_000 }, (error, reply) => (error ? reject(error) : resolve(reply))));
  process.stdout.write(JSON.stringify({ services, methods, answer }));
}

function shape({ requestType, requestStream, responseType, responseStream }) {
  const side = (type, stream) => `${stream ? 'stream ' : ''}${type.type.name}`;
  return `${side(requestType, requestStream)} -> ${side(responseType, responseStream)}`;
}

main().then(() => process.exit(0), (error) => {
  process.stderr.write(`${error.stack}\n`);
  process.exit(1);
});
