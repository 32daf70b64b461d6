"""One connection of the local API, with a transport in memory."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from keystead import local_api
from keystead_daemon.clocks import SystemClocks
from keystead_daemon.logs import Log, LogFile
from keystead_daemon.server import MAX_CALLS, MAX_WAITING, Connection


class MemoryTransport(asyncio.Transport):
    """Collects what is written; `aborted` and `closed` say how the connection was ended."""

    def __init__(self) -> None:
        super().__init__()
        self.written: list[dict[str, Any]] = []
        self.high: int | None = None
        self.aborted = False
        self.closed = False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.written += [msgspec.json.decode(line) for line in bytes(data).splitlines()]

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        self.high = high

    def is_closing(self) -> bool:
        return self.closed or self.aborted

    def close(self) -> None:
        self.closed = True

    def abort(self) -> None:
        self.aborted = True


class Peer:
    """A connection whose ``daemon.info`` call waits for `release`."""

    def __init__(self, log: Log, *, accepted: bool = True) -> None:
        self.release = asyncio.Event()
        self.opened: list[Connection] = []
        self.closed: list[Connection] = []
        self.transport = MemoryTransport()
        self.connection = Connection(
            {"daemon.info": lambda _, params: self._wait()},
            accepts=lambda _: accepted,
            opened=self.opened.append,
            closed=self.closed.append,
            log=log,
        )
        self.connection.connection_made(self.transport)

    async def _wait(self) -> str:
        await self.release.wait()
        return "done"

    def receive(self, line: bytes) -> None:
        for start in range(0, len(line), 4096):
            piece = line[start : start + 4096]
            self.connection.get_buffer(len(piece))[: len(piece)] = piece
            self.connection.buffer_updated(len(piece))

    def call(self, number: int) -> None:
        self.receive(b'{"jsonrpc":"2.0","id":%d,"method":"daemon.info"}\n' % number)

    def errors(self) -> list[str]:
        return [line["error"]["data"]["code"] for line in self.transport.written]


@pytest.fixture
def log_path(tmp_path: Path) -> Path:
    return tmp_path / "log"


@pytest.fixture
def log(log_path: Path) -> Iterator[Log]:
    log = Log(SystemClocks(), LogFile(log_path))
    yield log
    log.close()


def test_a_client_that_reads_too_slowly_is_disconnected(log: Log, log_path: Path) -> None:
    peer = Peer(log)
    assert peer.transport.high == MAX_WAITING
    before = peer.transport.aborted
    peer.connection.pause_writing()
    assert (before, peer.transport.aborted) == (False, True)
    assert '"code":"slow"' in log_path.read_text()


def test_calls_up_to_the_limit_run_and_one_more_is_refused(log: Log) -> None:
    async def story() -> None:
        peer = Peer(log)
        for number in range(MAX_CALLS):
            peer.call(number)
        assert peer.transport.written == []
        peer.call(MAX_CALLS)
        assert peer.errors() == ["too_many_requests"]
        peer.release.set()
        await peer.connection.finish()
        assert len(peer.transport.written) == MAX_CALLS + 1
        assert peer.transport.closed
        peer.transport.closed = False
        peer.call(0)
        await peer.connection.finish()
        assert peer.transport.written[-1] == {"jsonrpc": "2.0", "id": 0, "result": "done"}

    asyncio.run(story())


def test_calls_of_a_lost_connection_are_cancelled(log: Log) -> None:
    async def story() -> None:
        peer = Peer(log)
        peer.call(1)
        await asyncio.sleep(0)
        peer.connection.connection_lost(None)
        await peer.connection.finish()
        assert peer.closed == peer.opened == [peer.connection]
        assert peer.transport.written == []
        peer.connection.push(b"{}\n")
        peer.connection.close()
        assert not peer.transport.closed

    asyncio.run(story())


def test_a_peer_of_another_user_is_not_read_from(log: Log, log_path: Path) -> None:
    peer = Peer(log, accepted=False)
    assert peer.transport.closed
    assert peer.opened == []
    assert "connection.refused" in log_path.read_text()


@pytest.mark.parametrize("spare", [0, 1])
def test_a_line_over_the_limit_closes_the_connection(log: Log, spare: int) -> None:
    peer = Peer(log)
    peer.receive(b" " * (local_api.MAX_LINE - spare))
    assert peer.transport.closed == (spare == 0)
    assert peer.errors() == ([] if spare else ["too_large"])
