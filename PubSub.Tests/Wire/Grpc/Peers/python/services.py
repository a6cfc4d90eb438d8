"""The interop and probe services."""

import asyncio
import collections

import grpc

ECHO_INITIAL = "x-grpc-test-echo-initial"
ECHO_TRAILING = "x-grpc-test-echo-trailing-bin"

# What set_compression stands for, which does nothing in the asynchronous server of 1.51.
COMPRESS = ("grpc-internal-encoding-request", "gzip")

STATUS = {code.value[0]: code for code in grpc.StatusCode}


class TestService:
    def __init__(self, wire):
        self._empty = wire.message("grpc.testing.Empty")
        self._unary = wire.message("grpc.testing.SimpleResponse")
        self._input = wire.message("grpc.testing.StreamingInputCallResponse")
        self._output = wire.message("grpc.testing.StreamingOutputCallResponse")

    async def EmptyCall(self, request, context):
        return self._empty()

    async def UnaryCall(self, request, context):
        await echo_metadata(context, compressed=request.response_compressed.value)
        await end_as_asked(request, context)
        return self._unary(payload={"body": bytes(request.response_size)})

    async def StreamingOutputCall(self, request, context):
        async for response in self._answers(request):
            yield response

    async def StreamingInputCall(self, requests, context):
        total = 0
        async for request in requests:
            total += len(request.payload.body)
        return self._input(aggregated_payload_size=total)

    async def FullDuplexCall(self, requests, context):
        await echo_metadata(context)
        async for request in requests:
            await end_as_asked(request, context)
            async for response in self._answers(request):
                yield response

    async def _answers(self, request):
        for wanted in request.response_parameters:
            if wanted.interval_us > 0:
                await asyncio.sleep(wanted.interval_us / 1e6)
            yield self._output(payload={"body": bytes(wanted.size)})


class Probe:
    def __init__(self, wire):
        self._sight = wire.message("pubsub.testing.Sight")
        self._begun = wire.message("pubsub.testing.HangBegun")
        self._gone = wire.message("pubsub.testing.HangEnded")
        self._ended = collections.defaultdict(asyncio.Event)

    async def Look(self, request, context):
        sight = self._sight()
        for name, value in context.invocation_metadata():
            sight.headers.add(name=name, value=value.encode() if isinstance(value, str) else value)
        if (left := context.time_remaining()) is not None and left < 1e6:
            sight.time_left_ms = int(left * 1000)
        return sight

    async def Hang(self, request, context):
        try:
            yield self._begun()
            await asyncio.Event().wait()
        finally:
            self._ended[request.key].set()

    async def AwaitEnd(self, request, context):
        await self._ended[request.key].wait()
        return self._gone()


async def echo_metadata(context, compressed=False):
    sent = dict(context.invocation_metadata())
    if ECHO_TRAILING in sent:
        context.set_trailing_metadata(((ECHO_TRAILING, sent[ECHO_TRAILING]),))
    headers = [(ECHO_INITIAL, sent[ECHO_INITIAL])] if ECHO_INITIAL in sent else []
    if compressed:
        headers.append(COMPRESS)
    if headers:
        await context.send_initial_metadata(tuple(headers))


async def end_as_asked(request, context):
    if request.HasField("response_status"):
        await context.abort(STATUS[request.response_status.code], request.response_status.message)
