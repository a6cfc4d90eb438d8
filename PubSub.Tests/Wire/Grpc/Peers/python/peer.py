"""
A gRPC peer on python3-grpcio, server and client in one process. The test talks to it in lines of JSON:
first {descriptors, certificate, key, max_message} -> {port, tls_port}, then any number of
{id, case, target, tls} -> {id} or {id, error}. It ends when its input ends.
"""

import asyncio
import base64
import json
import sys
import traceback

import grpc

from cases import Cases
from services import Probe, TestService
from wire import Wire


async def serve(wire, hello):
    server = grpc.aio.server(options=limits(hello))
    server.add_generic_rpc_handlers((
        wire.handler("grpc.testing.TestService", TestService(wire)),
        wire.handler("pubsub.testing.Probe", Probe(wire)),
    ))
    credentials = grpc.ssl_server_credentials([(hello["key"].encode(), hello["certificate"].encode())])
    ports = {
        "port": server.add_insecure_port("127.0.0.1:0"),
        "tls_port": server.add_secure_port("127.0.0.1:0", credentials),
    }
    await server.start()
    return server, ports


async def run(wire, hello, command):
    try:
        async with open_channel(hello, command) as channel:
            await getattr(Cases(wire, channel), command["case"])()
        say({"id": command["id"]})
    except BaseException:  # whatever went wrong is the test's to read
        say({"id": command["id"], "error": traceback.format_exc()})


def open_channel(hello, command):
    if not command["tls"]:
        return grpc.aio.insecure_channel(command["target"], options=limits(hello))
    credentials = grpc.ssl_channel_credentials(hello["certificate"].encode())
    return grpc.aio.secure_channel(command["target"], credentials, options=limits(hello))


def limits(hello):
    return [
        ("grpc.max_receive_message_length", hello["max_message"]),
        ("grpc.max_send_message_length", -1),
        ("grpc.so_reuseport", 0),
        ("grpc.enable_http_proxy", 0),
    ]


def say(answer):
    print(json.dumps(answer), flush=True)


async def main():
    loop = asyncio.get_running_loop()
    read = lambda: loop.run_in_executor(None, sys.stdin.readline)
    hello = json.loads(await read())
    wire = Wire(base64.b64decode(hello["descriptors"]))
    server, ports = await serve(wire, hello)
    say(ports)
    running = set()
    while line := await read():
        task = asyncio.create_task(run(wire, hello, json.loads(line)))
        running.add(task)
        task.add_done_callback(running.discard)
    await server.stop(None)


asyncio.run(main())
