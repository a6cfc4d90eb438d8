"""The client's side of each case; a case that does not hold raises."""

import asyncio
import uuid

import grpc

from services import ECHO_INITIAL, ECHO_TRAILING

MEGABYTE = 1024 * 1024
ALL_BYTES = bytes(range(256))
REQUEST_SIZES = [27182, 8, 1828, 45904]
RESPONSE_SIZES = [31415, 9, 2653, 58979]
PATIENCE = 20


class Cases:
    def __init__(self, wire, channel):
        self._wire = wire
        self._test = wire.stub(channel, "grpc.testing.TestService")
        self._missing = wire.stub(channel, "grpc.testing.UnimplementedService")
        self._probe = wire.stub(channel, "pubsub.testing.Probe")

    async def empty_unary(self):
        reply = await self._test.EmptyCall(self._empty(), timeout=PATIENCE)
        equal(reply, self._empty())

    async def large_unary(self):
        await self._unary(271828, 314159)

    async def client_streaming(self):
        call = self._test.StreamingInputCall(timeout=PATIENCE)
        for size in REQUEST_SIZES:
            await call.write(self._input(size))
        await call.done_writing()
        equal((await call).aggregated_payload_size, sum(REQUEST_SIZES))

    async def server_streaming(self):
        call = self._test.StreamingOutputCall(self._ask(*RESPONSE_SIZES), timeout=PATIENCE)
        equal([len(reply.payload.body) async for reply in call], RESPONSE_SIZES)

    async def ping_pong(self):
        call = self._test.FullDuplexCall(timeout=PATIENCE)
        for request_size, response_size in zip(REQUEST_SIZES, RESPONSE_SIZES):
            await call.write(self._ask(response_size, payload=request_size))
            equal(len((await call.read()).payload.body), response_size)
        await call.done_writing()
        equal(await call.read(), grpc.aio.EOF)
        equal(await call.code(), grpc.StatusCode.OK)

    async def empty_stream(self):
        call = self._test.FullDuplexCall(timeout=PATIENCE)
        await call.done_writing()
        equal(await call.read(), grpc.aio.EOF)
        equal(await call.code(), grpc.StatusCode.OK)

    async def cancel_after_begin(self):
        call = self._test.StreamingInputCall(timeout=PATIENCE)
        call.cancel()
        equal(await call.code(), grpc.StatusCode.CANCELLED)

    async def cancel_after_first_response(self):
        call = self._test.FullDuplexCall(timeout=PATIENCE)
        await call.write(self._ask(31415, payload=27182))
        await call.read()
        call.cancel()
        equal(await call.code(), grpc.StatusCode.CANCELLED)

    async def timeout_on_sleeping_server(self):
        call = self._test.FullDuplexCall(timeout=0.001)
        try:
            await call.write(self._ask(payload=27182))
        except (grpc.aio.AioRpcError, asyncio.InvalidStateError):
            pass  # the deadline may pass before the message is written
        equal(await call.code(), grpc.StatusCode.DEADLINE_EXCEEDED)

    async def status_code_and_message(self):
        await self._ends_with("test status message")

    async def special_status_message(self):
        call = self._test.UnaryCall(self._failing("\t\ntest with whitespace\r\nand Unicode BMP ☺ and non-BMP 😈\t\n"))
        await fails(call, grpc.StatusCode.UNKNOWN, "\t\ntest with whitespace\r\nand Unicode BMP ☺ and non-BMP 😈\t\n")

    async def unimplemented_method(self):
        await fails(self._test.UnimplementedCall(self._empty(), timeout=PATIENCE), grpc.StatusCode.UNIMPLEMENTED)

    async def unimplemented_service(self):
        await fails(self._missing.UnimplementedCall(self._empty(), timeout=PATIENCE), grpc.StatusCode.UNIMPLEMENTED)

    async def custom_metadata(self):
        sent = ((ECHO_INITIAL, "test_initial_metadata_value"), (ECHO_TRAILING, b"\xab\xab\xab"))
        unary = self._test.UnaryCall(self._simple(271828, 314159), metadata=sent, timeout=PATIENCE)
        await unary
        await echoes(unary, sent)

        duplex = self._test.FullDuplexCall(metadata=sent, timeout=PATIENCE)
        await duplex.write(self._ask(314159, payload=271828))
        await duplex.done_writing()
        await duplex.read()
        equal(await duplex.read(), grpc.aio.EOF)
        await echoes(duplex, sent)

    async def binary_metadata(self):
        sent = (("x-text", "plain, with a comma"), ("x-twice", "1"), ("x-twice", "2"), ("x-raw-bin", ALL_BYTES))
        sight = await self._probe.Look(self._look(), metadata=sent, timeout=PATIENCE)
        seen = [(header.name, header.value) for header in sight.headers]
        equal(values(seen, "x-text"), [b"plain, with a comma"])
        # Repeated text headers may be joined on the way, but have to stay in order.
        equal(b",".join(values(seen, "x-twice")).replace(b" ", b""), b"1,2")
        equal(values(seen, "x-raw-bin"), [ALL_BYTES])

        echoed = ((ECHO_INITIAL, "text"), (ECHO_TRAILING, ALL_BYTES))
        call = self._test.UnaryCall(self._simple(1, 1), metadata=echoed, timeout=PATIENCE)
        await call
        await echoes(call, echoed)

    async def deadline_reaches_server(self):
        sight = await self._probe.Look(self._look(), timeout=PATIENCE)
        # Peers round a timeout up to what its header can say.
        holds(0 < sight.time_left_ms <= PATIENCE * 1010, f"{sight.time_left_ms} ms left")
        holds(not (await self._probe.Look(self._look())).HasField("time_left_ms"), "a deadline nobody set")

    async def deadline_ends_call_on_server(self):
        request = self._hang()
        call = self._probe.Hang(request, timeout=0.5)
        equal(await call.code(), grpc.StatusCode.DEADLINE_EXCEEDED)
        await self._probe.AwaitEnd(request, timeout=PATIENCE)

    async def cancel_reaches_server(self):
        request = self._hang()
        call = self._probe.Hang(request, timeout=PATIENCE)
        await call.read()
        call.cancel()
        equal(await call.code(), grpc.StatusCode.CANCELLED)
        await self._probe.AwaitEnd(request, timeout=PATIENCE)

    async def ten_megabytes(self):
        await self._unary(10 * MEGABYTE, 10 * MEGABYTE)

    async def message_over_the_servers_limit(self):
        call = self._test.UnaryCall(self._simple(13 * MEGABYTE, 1), timeout=PATIENCE)
        await fails(call, grpc.StatusCode.RESOURCE_EXHAUSTED)

    async def gzip(self):
        request = self._simple(100_000, 200_000)
        request.response_compressed.value = True
        reply = await self._test.UnaryCall(request, compression=grpc.Compression.Gzip, timeout=PATIENCE)
        equal(len(reply.payload.body), 200_000)

    async def hundred_streams(self):
        calls = [self._test.FullDuplexCall(timeout=PATIENCE) for _ in range(100)]
        for round_ in range(3):
            for number, call in enumerate(calls):
                await call.write(self._ask(number + round_))
            for number, call in enumerate(calls):
                equal(len((await call.read()).payload.body), number + round_)
        for call in calls:
            await call.done_writing()
            equal(await call.read(), grpc.aio.EOF)

    async def _unary(self, request_size, response_size):
        reply = await self._test.UnaryCall(self._simple(request_size, response_size), timeout=PATIENCE)
        equal(reply.payload.body, bytes(response_size))

    async def _ends_with(self, message):
        await fails(self._test.UnaryCall(self._failing(message), timeout=PATIENCE), grpc.StatusCode.UNKNOWN, message)

        duplex = self._test.FullDuplexCall(timeout=PATIENCE)
        request = self._ask()
        request.response_status.code, request.response_status.message = 2, message
        await duplex.write(request)
        await duplex.done_writing()
        equal((await duplex.code(), await duplex.details()), (grpc.StatusCode.UNKNOWN, message))

    def _empty(self):
        return self._wire.message("grpc.testing.Empty")()

    def _simple(self, request_size, response_size):
        return self._wire.message("grpc.testing.SimpleRequest")(
            response_size=response_size, payload={"body": bytes(request_size)})

    def _failing(self, message):
        return self._wire.message("grpc.testing.SimpleRequest")(response_status={"code": 2, "message": message})

    def _input(self, size):
        return self._wire.message("grpc.testing.StreamingInputCallRequest")(payload={"body": bytes(size)})

    def _ask(self, *sizes, payload=0):
        return self._wire.message("grpc.testing.StreamingOutputCallRequest")(
            response_parameters=[{"size": size} for size in sizes], payload={"body": bytes(payload)})

    def _look(self):
        return self._wire.message("pubsub.testing.LookRequest")()

    def _hang(self):
        return self._wire.message("pubsub.testing.HangRequest")(key=uuid.uuid4().hex)


async def fails(call, code, message=None):
    try:
        await call
    except grpc.aio.AioRpcError as error:
        equal(error.code(), code)
        if message is not None:
            equal(error.details(), message)
    else:
        raise AssertionError(f"succeeded, expected {code}")


async def echoes(call, sent):
    (initial_name, initial), (trailing_name, trailing) = sent
    equal(values(await call.initial_metadata(), initial_name), [initial])
    equal(values(await call.trailing_metadata(), trailing_name), [trailing])
    equal(await call.code(), grpc.StatusCode.OK)


def values(metadata, wanted):
    return [value for name, value in metadata if name == wanted]


def equal(actual, expected):
    holds(actual == expected, f"got {str(actual)[:500]!r}, expected {str(expected)[:500]!r}")


def holds(condition, message):
    if not condition:
        raise AssertionError(message)
