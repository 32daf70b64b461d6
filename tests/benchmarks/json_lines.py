"""A minimal client of the local API: one line per request and response, on a blocking socket."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic

from benchmarks.environment import LOOK_S, START_LIMIT_S, pause
from benchmarks.measurement import CannotMeasure
from benchmarks.processes import Started

_RECEIVED = 64 * 1024
_ANSWER_LIMIT_S = 10.0


def call(method: str) -> bytes:
    """Return a JSON-RPC call without parameters, as a line."""
    members = {"jsonrpc": "2.0", "id": 1, "method": method, "params": {}}
    return json.dumps(members, separators=(",", ":")).encode() + b"\n"


def exchange(connection: socket.socket, line: bytes) -> bytes:
    """Send a line and return the one that comes back."""
    connection.sendall(line)
    received = connection.recv(_RECEIVED)
    while not received.endswith(b"\n"):
        more = connection.recv(_RECEIVED)
        if not more:
            raise CannotMeasure("whoever was asked hung up")
        received += more
    return received


@contextmanager
def connect(path: Path, process: Started | None = None) -> Iterator[socket.socket]:
    """Connect as soon as the socket accepts connections."""
    limit = monotonic() + START_LIMIT_S
    while True:
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        connection.settimeout(_ANSWER_LIMIT_S)
        with connection:
            try:
                connection.connect(str(path))
            except OSError:
                _give_up(process, over=monotonic() > limit)
            else:
                yield connection
                return
        pause(LOOK_S)


def _give_up(process: Started | None, *, over: bool) -> None:
    if over or (process is not None and process.ended):
        said = process.last_words() if process else ""
        raise CannotMeasure(f"nobody ever listened{said}")
