// The interop and probe services.
'use strict';

const { setTimeout: pause } = require('node:timers/promises');
const grpc = require('@grpc/grpc-js');

const ECHO_INITIAL = 'x-grpc-test-echo-initial';
const ECHO_TRAILING = 'x-grpc-test-echo-trailing-bin';

const testService = {
  EmptyCall: (call, reply) => reply(null, {}),

  UnaryCall(call, reply) {
    const trailers = echoMetadata(call);
    const { response_status: asked, response_size: size } = call.request;
    if (asked) reply({ code: asked.code, details: asked.message }, null, trailers);
    else reply(null, { payload: { body: Buffer.alloc(size) } }, trailers);
  },

  async StreamingOutputCall(call) {
    await answer(call, call.request);
    call.end();
  },

  StreamingInputCall(call, reply) {
    let total = 0;
    call.on('data', (request) => { total += request.payload.body.length; });
    call.on('end', () => reply(null, { aggregated_payload_size: total }));
  },

  async FullDuplexCall(call) {
    const trailers = echoMetadata(call);
    try {
      // A plain for-await would destroy the call where the requests end, before its answer is out.
      for await (const request of call.iterator({ destroyOnReturn: false })) {
        const asked = request.response_status;
        if (asked) return void call.emit('error', { code: asked.code, details: asked.message });
        await answer(call, request);
      }
      call.end(trailers);
    } catch (error) {
      if (!call.cancelled) throw error;
    }
  },
};

// How a hanging call ended is kept for whoever asks for it, before or after.
function makeProbe() {
  const endings = new Map();
  const ending = (key) => {
    if (!endings.has(key)) endings.set(key, withResolvers());
    return endings.get(key);
  };

  return {
    Look(call, reply) {
      const sight = { headers: [] };
      for (const name of Object.keys(call.metadata.getMap())) {
        for (const value of call.metadata.get(name)) sight.headers.push({ name, value: Buffer.from(value) });
      }
      const deadline = call.getDeadline();
      if (Number.isFinite(Number(deadline))) sight.time_left_ms = Math.trunc(Number(deadline) - Date.now());
      reply(null, sight);
    },

    Hang(call) {
      call.on('cancelled', () => ending(call.request.key).resolve());
      call.write({});
    },

    AwaitEnd(call, reply) {
      ending(call.request.key).promise.then(() => reply(null, {}));
    },
  };
}

async function answer(call, request) {
  for (const { size, interval_us: interval } of request.response_parameters) {
    if (interval > 0) await pause(interval / 1000);
    call.write({ payload: { body: Buffer.alloc(size) } });
  }
}

function echoMetadata(call) {
  const initial = call.metadata.get(ECHO_INITIAL);
  if (initial.length > 0) {
    const headers = new grpc.Metadata();
    initial.forEach((value) => headers.add(ECHO_INITIAL, value));
    call.sendMetadata(headers);
  }
  const trailers = new grpc.Metadata();
  call.metadata.get(ECHO_TRAILING).forEach((value) => trailers.add(ECHO_TRAILING, value));
  return trailers;
}

function withResolvers() {
  const made = {};
  made.promise = new Promise((resolve, reject) => Object.assign(made, { resolve, reject }));
  return made;
}

module.exports = { testService, makeProbe, ECHO_INITIAL, ECHO_TRAILING };
