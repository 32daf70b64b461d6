"""What one peer can hold open, over raw sockets. The limits are small, so that no test waits."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import httpx
import pytest

from keystead_stub.http import server as serving
from keystead_stub.http.connection_limits import ConnectionLimits

#: Nothing here lasts so long, however busy the machine is.
PATIENCE_S = 60
FOREVER_S = 600.0
HEAD = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n"


async def echo(scope: Any, receive: Any, send: Any) -> None:
    """Answer a request with the length of its body; end silently where the peer is gone."""
    if scope["type"] != "http":
        return
    size, more = 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return
        size, more = size + len(message.get("body", b"")), message.get("more_body", False)
    body = str(size).encode()
    headers = [(b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


Connect = Callable[[], socket.socket]


@contextmanager
def served(app: Any = echo, **limits: Any) -> Iterator[Connect]:
    """Serve with these limits and otherwise none; yield what opens a connection."""
    none = {"head_bytes": 10**6, "head_s": FOREVER_S, "body_s": FOREVER_S, "per_peer": 1000}
    started = threading.Event()
    with ExitStack() as stack:
        listening = stack.enter_context(serving.bind("127.0.0.1", 0))
        server = serving.server(app, started.set, ConnectionLimits(**(none | limits)))
        server.config.lifespan = "off"
        thread = threading.Thread(target=server.run, args=([listening],), daemon=True)
        thread.start()
        stack.callback(thread.join, PATIENCE_S)
        stack.callback(server.stop)
        assert started.wait(PATIENCE_S)
        place = listening.getsockname()

        def connect() -> socket.socket:
            return stack.enter_context(socket.create_connection(place, timeout=PATIENCE_S))

        yield connect


def everything(connection: socket.socket) -> bytes:
    """Return all that the server sends until it closes the connection."""
    found = b""
    try:
        while received := connection.recv(65536):
            found += received
    except ConnectionResetError:
        pass
    return found


def status(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1])


def ask(connection: socket.socket) -> bytes:
    connection.sendall(HEAD + b"hello")
    answer = b""
    while b"\r\n\r\n" not in answer or not answer.endswith(b"5"):
        answer += connection.recv(65536)
    return answer


@pytest.mark.parametrize(
    "head",
    [
        b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"y" * 9000,
        b"GET / HTTP/1.1\r\nHost: x\r\n" + b"X: y\r\n" * 2000,
        b"GET /" + b"a" * 9000,
        b"GET /" + b"a" * 9000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"y" * 9000 + b"\r\n\r\n",
    ],
)
def test_a_head_over_its_size_limit_is_refused_and_not_kept(head: bytes) -> None:
    with served(head_bytes=8192) as connect:
        connection = connect()
        connection.sendall(head)
        assert status(everything(connection)) == 431
        assert status(ask(connect())) == 200


def test_a_head_within_its_size_limit_is_served_whatever_the_size_of_the_body() -> None:
    with served(head_bytes=8192) as connect:
        connection = connect()
        body = b"x" * 200_000
        head = b"POST / HTTP/1.1\r\nHost: x\r\nX: %s\r\nContent-Length: %d\r\n\r\n"
        for _ in range(2):
            connection.sendall(head % (b"y" * 8000, len(body)) + body)
            answer = b""
            while not answer.endswith(b"200000"):
                answer += connection.recv(65536)
            assert status(answer) == 200


@pytest.mark.parametrize("sent", [b"", b"\r\n", b"G", HEAD[:-2]])
def test_a_connection_without_a_complete_head_is_closed_in_time(sent: bytes) -> None:
    with served(head_s=0.2) as connect:
        connection = connect()
        connection.sendall(sent)
        answer = everything(connection)
        assert not answer or status(answer) == 408
        assert bool(answer) == (sent.strip() != b"")


def test_a_head_that_arrives_byte_by_byte_gets_no_more_time() -> None:
    with served(head_s=0.2) as connect:
        connection = connect()
        connection.settimeout(0.02)
        began, answer = time.monotonic(), b""
        while not answer and time.monotonic() - began < PATIENCE_S:
            try:
                connection.sendall(b"G")
                answer = connection.recv(65536)
            except TimeoutError:
                continue
        assert status(answer) in {400, 408}


def test_a_body_that_does_not_arrive_ends_the_request() -> None:
    with served(body_s=0.2) as connect:
        connection = connect()
        connection.sendall(HEAD + b"he")
        assert status(everything(connection)) == 408
        assert status(ask(connect())) == 200


def test_empty_lines_between_requests_do_not_keep_a_connection() -> None:
    with served(head_s=0.2) as connect:
        connection = connect()
        assert status(ask(connection)) == 200
        connection.sendall(b"\r\n")
        assert everything(connection) == b""


@pytest.mark.parametrize("sent", [b"", b"G", HEAD[:-2], HEAD + b"he"])
def test_a_peer_that_holds_many_connections_keeps_nobody_out(sent: bytes) -> None:
    """Other users of the machine have the same address; the oldest unfinished ones give way."""
    with served(per_peer=3) as connect:
        held = [connect() for _ in range(3)]
        for one in held:
            one.sendall(sent)
        served_one = connect()
        assert status(ask(served_one)) == 200
        assert everything(held[0]) == b""
        # One that was served and is kept alive is older than the next one, and gives way as well.
        assert all(status(ask(connect())) == 200 for _ in range(3))
        assert [everything(one) for one in (*held, served_one)] == [b""] * 4


def test_a_peer_whose_requests_are_all_being_answered_gets_no_more_connections() -> None:
    release = threading.Event()

    async def slow(scope: Any, receive: Any, send: Any) -> None:
        if scope["path"] == "/slow":
            waiting.release()
            await asyncio.to_thread(release.wait, PATIENCE_S)
        await echo(scope, receive, send)

    waiting = threading.Semaphore(0)
    with served(app=slow, per_peer=2) as connect:
        held = [connect() for _ in range(2)]
        for one in held:
            one.sendall(HEAD.replace(b"/ ", b"/slow ", 1) + b"hello")
        for _ in held:
            assert waiting.acquire(timeout=PATIENCE_S)
        assert status(everything(connect())) == 503
        release.set()
        assert all(status(one.recv(65536)) == 200 for one in held)


def test_the_stub_itself_has_limits(http: httpx.Client) -> None:
    answer = http.get("/health", headers={"X": "y" * 60_000})
    assert answer.status_code == 431
    assert http.get("/health", headers={"X": "y" * 30_000}).status_code == 200
