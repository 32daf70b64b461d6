"""HTTP for the daemon: framed `Call`s on stdin, framed `Outcome`s on stdout, until stdin ends.

A frame is its length in four bytes, most significant first, and that many bytes of MessagePack.
"""

from __future__ import annotations

import asyncio
import os
import sys
from functools import partial
from typing import BinaryIO

import msgspec

from keystead.errors import BackendUnreachable, Values
from keystead_daemon.transport import HttpReply, HttpRequest, Transport

LENGTH_BYTES = 4
#: Well above the limit of a reply's body, for its headers and framing.
MAX_FRAME_BYTES = 1024 * 1024

_encode = msgspec.msgpack.Encoder().encode


class Call(msgspec.Struct, frozen=True):
    call_id: int
    request: HttpRequest
    proxy: str


class Failed(msgspec.Struct, frozen=True):
    """A `BackendUnreachable`, which the daemon raises again."""

    code: str
    sentence: str
    values: Values = {}


class Outcome(msgspec.Struct, frozen=True):
    call_id: int
    reply: HttpReply | None = None
    failed: Failed | None = None


def frame(message: msgspec.Struct) -> bytes:
    """Encode a message with its length in front."""
    body = _encode(message)
    return len(body).to_bytes(LENGTH_BYTES, "big") + body


def main() -> None:
    """Serve until stdin ends."""
    asyncio.run(_serve(sys.stdin.buffer, sys.stdout.buffer))


async def _serve(calls: BinaryIO, outcomes: BinaryIO) -> None:
    from keystead_daemon.httpx_transport import HttpxTransport

    transport = HttpxTransport()
    loop = asyncio.get_running_loop()
    under_way: set[asyncio.Task[Outcome]] = set()

    def answered(task: asyncio.Task[Outcome], call_id: int) -> None:
        under_way.discard(task)
        if task.cancelled():
            return
        # A bug is answered too, or the daemon would wait for this call until its time limit.
        fault = task.exception()
        try:
            outcomes.write(frame(Outcome(call_id) if fault is not None else task.result()))
            outcomes.flush()
        except BrokenPipeError:
            # The daemon is gone, and stdin ends too. Without this, Python would try to flush the
            # rest at exit.
            os.dup2(os.open(os.devnull, os.O_WRONLY), outcomes.fileno())
        if fault is not None:
            raise fault

    # A thread reads, because not every event loop can wait for a pipe.
    while (call := await loop.run_in_executor(None, _next_call, calls)) is not None:
        task = loop.create_task(_outcome(transport, call))
        under_way.add(task)
        task.add_done_callback(partial(answered, call_id=call.call_id))
    for task in under_way:
        task.cancel()
    await transport.close()


async def _outcome(transport: Transport, call: Call) -> Outcome:
    try:
        reply = await transport.send(call.request, proxy=call.proxy)
    except BackendUnreachable as error:
        return Outcome(call.call_id, failed=Failed(error.code, error.sentence, error.values))
    return Outcome(call.call_id, reply)


def _next_call(calls: BinaryIO) -> Call | None:
    length = int.from_bytes(calls.read(LENGTH_BYTES), "big")
    body = calls.read(length) if length else b""
    return msgspec.msgpack.decode(body, type=Call) if body else None


if __name__ == "__main__":
    main()
