// The client's side of each case; a case that does not hold throws.
'use strict';

const assert = require('node:assert/strict');
const { randomUUID } = require('node:crypto');
const { once } = require('node:events');
const { status, Metadata } = require('@grpc/grpc-js');
const { ECHO_INITIAL, ECHO_TRAILING } = require('./services');

const MEGABYTE = 1024 * 1024;
const ALL_BYTES = Buffer.from(Array.from({ length: 256 }, (_, value) => value));
const REQUEST_SIZES = [27182, 8, 1828, 45904];
const RESPONSE_SIZES = [31415, 9, 2653, 58979];
const PATIENCE = 20_000;
const SPECIAL_MESSAGE = '\t\ntest with whitespace\r\nand Unicode BMP ☺ and non-BMP 😈\t\n';

function makeCases({ test, missing, probe, gzipTest }) {
  return {
    async empty_unary() {
      assert.deepEqual((await unary(test, 'EmptyCall', {})).message, {});
    },

    large_unary: () => exchange(271828, 314159),

    async client_streaming() {
      const { call, reply } = clientStream(test, 'StreamingInputCall');
      for (const size of REQUEST_SIZES) call.write({ payload: zeros(size) });
      call.end();
      assert.equal((await reply).aggregated_payload_size, 74922);
    },

    async server_streaming() {
      const call = test.StreamingOutputCall(ask(RESPONSE_SIZES), within());
      const sizes = [];
      for await (const reply of call) sizes.push(reply.payload.body.length);
      assert.deepEqual(sizes, RESPONSE_SIZES);
    },

    async ping_pong() {
      const call = duplex();
      const replies = call[Symbol.asyncIterator]();
      for (let turn = 0; turn < REQUEST_SIZES.length; turn++) {
        call.write(ask([RESPONSE_SIZES[turn]], REQUEST_SIZES[turn]));
        assert.equal((await replies.next()).value.payload.body.length, RESPONSE_SIZES[turn]);
      }
      call.end();
      assert.equal((await replies.next()).done, true);
    },

    async empty_stream() {
      const call = duplex();
      call.end();
      for await (const reply of call) assert.fail(`an answer nobody asked for: ${reply}`);
      assert.equal((await call.ending).code, status.OK);
    },

    async cancel_after_begin() {
      const { call, reply } = clientStream(test, 'StreamingInputCall');
      call.cancel();
      await failsWith(reply, status.CANCELLED);
    },

    async cancel_after_first_response() {
      const call = duplex();
      call.write(ask([31415], 27182));
      await once(call, 'data');
      call.cancel();
      assert.equal((await call.ending).code, status.CANCELLED);
    },

    async timeout_on_sleeping_server() {
      const call = duplex(new Metadata(), 1);
      call.write(ask([], 27182));
      call.resume();
      assert.equal((await call.ending).code, status.DEADLINE_EXCEEDED);
    },

    async status_code_and_message() {
      const asked = { code: 2, message: 'test status message' };
      await failsWith(unary(test, 'UnaryCall', { response_status: asked }), status.UNKNOWN, asked.message);

      const call = duplex();
      call.write({ ...ask([]), response_status: asked });
      call.end();
      call.resume();
      const { code, details } = await call.ending;
      assert.deepEqual({ code, details }, { code: status.UNKNOWN, details: asked.message });
    },

    async special_status_message() {
      const asked = { code: 2, message: SPECIAL_MESSAGE };
      await failsWith(unary(test, 'UnaryCall', { response_status: asked }), status.UNKNOWN, SPECIAL_MESSAGE);
    },

    unimplemented_method: () => failsWith(unary(test, 'UnimplementedCall', {}), status.UNIMPLEMENTED),
    unimplemented_service: () => failsWith(unary(missing, 'UnimplementedCall', {}), status.UNIMPLEMENTED),

    async custom_metadata() {
      const sent = metadata([ECHO_INITIAL, 'test_initial_metadata_value'], [ECHO_TRAILING, Buffer.from('ababab', 'hex')]);
      echoes(await unary(test, 'UnaryCall', simple(271828, 314159), sent), sent);

      const call = duplex(sent);
      const headers = once(call, 'metadata');
      call.write(ask([314159], 271828));
      call.end();
      call.resume();
      const { code, metadata: trailers } = await call.ending;
      assert.equal(code, status.OK);
      echoes({ headers: (await headers)[0], trailers }, sent);
    },

    async binary_metadata() {
      const sent = metadata(['x-text', 'plain, with a comma'], ['x-twice', '1'], ['x-twice', '2'], ['x-raw-bin', ALL_BYTES]);
      const { message } = await unary(probe, 'Look', {}, sent);
      const seen = (wanted) => message.headers.filter(({ name }) => name === wanted).map(({ value }) => value);
      assert.deepEqual(seen('x-text').map(String), ['plain, with a comma']);
      // Repeated text headers may be joined on the way, but have to stay in order.
      assert.equal(seen('x-twice').map(String).join(',').replaceAll(' ', ''), '1,2');
      assert.deepEqual(seen('x-raw-bin'), [ALL_BYTES]);

      const echoed = metadata([ECHO_INITIAL, 'text'], [ECHO_TRAILING, ALL_BYTES]);
      echoes(await unary(test, 'UnaryCall', simple(1, 1), echoed), echoed);
    },

    async deadline_reaches_server() {
      const left = Number((await unary(probe, 'Look', {})).message.time_left_ms);
      // Peers round a timeout up to what its header can say.
      assert.ok(left > 0 && left <= PATIENCE * 1.01, `${left} ms left`);
      const unlimited = await unary(probe, 'Look', {}, new Metadata(), Infinity);
      assert.equal(unlimited.message.time_left_ms, undefined);
    },

    async deadline_ends_call_on_server() {
      const key = randomUUID();
      const call = watched(probe.Hang({ key }, within(500)));
      call.resume();
      assert.equal((await call.ending).code, status.DEADLINE_EXCEEDED);
      await unary(probe, 'AwaitEnd', { key });
    },

    async cancel_reaches_server() {
      const key = randomUUID();
      const call = watched(probe.Hang({ key }, within()));
      await once(call, 'data');
      call.cancel();
      assert.equal((await call.ending).code, status.CANCELLED);
      await unary(probe, 'AwaitEnd', { key });
    },

    ten_megabytes: () => exchange(10 * MEGABYTE, 10 * MEGABYTE),

    message_over_the_servers_limit: () =>
      failsWith(unary(test, 'UnaryCall', simple(13 * MEGABYTE, 1)), status.RESOURCE_EXHAUSTED),

    async gzip() {
      const request = { ...simple(100_000, 200_000), response_compressed: { value: true } };
      assert.equal((await unary(gzipTest, 'UnaryCall', request)).message.payload.body.length, 200_000);
    },

    async hundred_streams() {
      const calls = Array.from({ length: 100 }, () => duplex());
      const replies = calls.map((call) => call[Symbol.asyncIterator]());
      for (let round = 0; round < 3; round++) {
        calls.forEach((call, number) => call.write(ask([number + round])));
        for (const [number, reply] of replies.entries()) {
          assert.equal((await reply.next()).value.payload.body.length, number + round);
        }
      }
      for (const [number, call] of calls.entries()) {
        call.end();
        assert.equal((await replies[number].next()).done, true);
      }
    },
  };

  function duplex(sent = new Metadata(), patience = PATIENCE) {
    return watched(test.FullDuplexCall(sent, within(patience)));
  }

  async function exchange(requestSize, responseSize) {
    const { message } = await unary(test, 'UnaryCall', simple(requestSize, responseSize));
    assert.ok(Buffer.alloc(responseSize).equals(message.payload.body), 'another payload came back');
  }
}

// A call's final status as a promise; its error event says the same again.
function watched(call) {
  call.ending = new Promise((resolve) => call.on('status', resolve));
  call.on('error', () => {});
  return call;
}

function unary(client, method, request, sent = new Metadata(), patience = PATIENCE) {
  return new Promise((resolve, reject) => {
    const result = {};
    const settle = () => {
      if (result.message && result.trailers) resolve(result);
    };
    const call = client[method](request, sent, within(patience), (error, message) => {
      if (error) return reject(error);
      result.message = message;
      settle();
    });
    call.on('metadata', (headers) => { result.headers = headers; });
    call.on('status', ({ metadata: trailers }) => {
      result.trailers = trailers;
      settle();
    });
  });
}

function clientStream(client, method) {
  let call;
  const reply = new Promise((resolve, reject) => {
    call = client[method](within(), (error, message) => (error ? reject(error) : resolve(message)));
  });
  return { call, reply };
}

async function failsWith(reply, code, details) {
  const error = await reply.then(() => assert.fail(`succeeded, expected ${status[code]}`), (failure) => failure);
  assert.equal(status[error.code], status[code], error.stack);
  if (details !== undefined) assert.equal(error.details, details);
}

function echoes({ headers, trailers }, sent) {
  assert.deepEqual(headers.get(ECHO_INITIAL), sent.get(ECHO_INITIAL));
  assert.deepEqual(trailers.get(ECHO_TRAILING), sent.get(ECHO_TRAILING));
}

function metadata(...entries) {
  const made = new Metadata();
  for (const [name, value] of entries) made.add(name, value);
  return made;
}

const within = (patience = PATIENCE) => ({ deadline: Date.now() + patience });
const zeros = (size) => ({ body: Buffer.alloc(size) });
const simple = (requestSize, responseSize) => ({ response_size: responseSize, payload: zeros(requestSize) });
const ask = (sizes, payload = 0) => ({ response_parameters: sizes.map((size) => ({ size })), payload: zeros(payload) });

module.exports = { makeCases };
