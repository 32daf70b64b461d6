"""One suite for every implementation of pipes, on real sockets with a plain peer."""

from __future__ import annotations

import socket
import stat
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from types import ModuleType

import pytest
from PySide6.QtCore import QObject
from pytestqt.qtbot import QtBot

from keystead_client.desktop.pipes import named_pipe, unix_socket
from keystead_client.desktop.pipes.interface import ListenerBase, PipeBase
from support.scripted_daemon import PATIENCE_S

#: Bytes; more than any socket buffer holds.
_MUCH = bytes(range(256)) * 32_768


class Peer:
    """The peer of a pipe, a listening socket in plain Python."""

    def __init__(self, place: Path, stack: ExitStack) -> None:
        self.place, self._stack = place, stack
        self._listener = self._made()
        self._listener.bind(str(place))
        self._listener.listen()

    def lets_in(self) -> socket.socket:
        taken, _ = self._listener.accept()
        taken.setblocking(False)
        return self._stack.enter_context(taken)

    def dies(self) -> None:
        self._listener.close()

    def _made(self) -> socket.socket:
        made = self._stack.enter_context(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM))
        made.settimeout(PATIENCE_S)
        return made


class SignalRecorder:
    """The signals of a pipe, in order."""

    def __init__(self, pipe: PipeBase) -> None:
        self.told: list[str] = []
        self.data = b""
        pipe.connected.connect(lambda: self.told.append("connected"))
        pipe.ended.connect(lambda: self.told.append("ended"))
        pipe.received.connect(self._hear)

    def _hear(self, data: bytes) -> None:
        self.data += data


@pytest.fixture(params=[unix_socket, named_pipe], ids=["unix", "named"])
def kind(request: pytest.FixtureRequest) -> ModuleType:
    module = request.param
    assert isinstance(module, ModuleType)
    return module


@pytest.fixture
def owner(qtbot: QtBot) -> Iterator[QObject]:
    made = QObject()
    yield made
    for pipe in made.findChildren(PipeBase):
        pipe.disconnect_now()
    for listener in made.findChildren(ListenerBase):
        listener.close()
    made.deleteLater()


@pytest.fixture
def stranger(short_folder: Path) -> Iterator[Peer]:
    with ExitStack() as stack:
        yield Peer(short_folder / "a.sock", stack)


@pytest.fixture
def pipe(kind: ModuleType, owner: QObject) -> PipeBase:
    made = kind.Pipe(owner)
    assert isinstance(made, PipeBase)
    return made


@pytest.fixture
def heard(pipe: PipeBase) -> SignalRecorder:
    return SignalRecorder(pipe)


@pytest.fixture
def far(qtbot: QtBot, pipe: PipeBase, heard: SignalRecorder, stranger: Peer) -> socket.socket:
    """Return the peer's end of a connected pipe."""
    with qtbot.waitSignal(pipe.connected):
        pipe.connect_to(str(stranger.place))
    return stranger.lets_in()


def read(far: socket.socket, qtbot: QtBot, most: int) -> bytes:
    """Read until the end or this many bytes, between turns of the event loop."""
    taken = bytearray()

    def is_read() -> bool:
        with suppress(BlockingIOError):
            while len(taken) < most:
                part = far.recv(min(65_536, most - len(taken)))
                if not part:
                    return True
                taken.extend(part)
        return len(taken) == most

    qtbot.waitUntil(is_read)
    return bytes(taken)


def test_signals_come_from_the_event_loop(
    pipe: PipeBase, heard: SignalRecorder, stranger: Peer, qtbot: QtBot
) -> None:
    pipe.connect_to(str(stranger.place))
    assert heard.told == []
    qtbot.waitUntil(lambda: heard.told == ["connected"])
    assert pipe.is_connected


@pytest.mark.parametrize("name", ["nobody.sock", "a file", "folder", "x" * 200])
def test_connecting_without_a_listener_ends(
    pipe: PipeBase, heard: SignalRecorder, qtbot: QtBot, short_folder: Path, name: str
) -> None:
    (short_folder / "a file").write_bytes(b"")
    (short_folder / "folder").mkdir()
    pipe.connect_to(str(short_folder / name))
    assert heard.told == []
    qtbot.waitUntil(lambda: heard.told == ["ended"])
    assert not pipe.is_connected


def test_a_socket_left_by_a_crash_is_replaced(
    pipe: PipeBase, heard: SignalRecorder, stranger: Peer, qtbot: QtBot
) -> None:
    stranger.dies()
    pipe.connect_to(str(stranger.place))
    qtbot.waitUntil(lambda: heard.told == ["ended"])


def test_bytes_go_both_ways(
    pipe: PipeBase, heard: SignalRecorder, far: socket.socket, qtbot: QtBot
) -> None:
    pipe.write(b"there\n")
    assert read(far, qtbot, 6) == b"there\n"
    for byte in b"and back\n":
        far.sendall(bytes([byte]))
    qtbot.waitUntil(lambda: heard.data == b"and back\n")
    assert heard.told == ["connected"]


def test_unsent_data_is_kept_in_order(
    pipe: PipeBase, heard: SignalRecorder, far: socket.socket, qtbot: QtBot
) -> None:
    pipe.write(_MUCH[:1_000_001])
    pipe.write(_MUCH[1_000_001:])
    pipe.finish()
    assert heard.told == ["connected"]
    assert read(far, qtbot, len(_MUCH) + 1) == _MUCH
    qtbot.waitUntil(lambda: heard.told == ["connected", "ended"])


def test_data_sent_before_the_end_is_received(
    pipe: PipeBase, heard: SignalRecorder, far: socket.socket, qtbot: QtBot
) -> None:
    far.sendall(b"half a li")
    far.close()
    pipe.write(b"too late")
    qtbot.waitUntil(lambda: heard.told == ["connected", "ended"])
    assert heard.data == b"half a li"
    pipe.write(b"for nobody")
    assert not pipe.is_connected


def test_a_peer_that_vanishes_with_unread_data_ends_it_once(
    pipe: PipeBase, heard: SignalRecorder, far: socket.socket, qtbot: QtBot
) -> None:
    pipe.write(_MUCH)
    assert read(far, qtbot, 10) == _MUCH[:10]
    far.close()
    qtbot.waitUntil(lambda: "ended" in heard.told)
    pipe.write(b"for nobody")
    qtbot.wait(0)
    assert heard.told == ["connected", "ended"]


def test_disconnecting_is_immediate_and_emits_nothing(
    pipe: PipeBase, heard: SignalRecorder, far: socket.socket, qtbot: QtBot
) -> None:
    pipe.write(_MUCH)
    pipe.disconnect_now()
    assert not pipe.is_connected
    assert len(read(far, qtbot, len(_MUCH))) < len(_MUCH)
    assert heard.told == ["connected"]


def test_disconnecting_during_a_refusal_emits_nothing(
    pipe: PipeBase, heard: SignalRecorder, stranger: Peer, short_folder: Path, qtbot: QtBot
) -> None:
    pipe.connect_to(str(short_folder / "nobody.sock"))
    pipe.disconnect_now()
    pipe.connect_to(str(stranger.place))
    qtbot.waitUntil(lambda: heard.told == ["connected"])


def test_a_pipe_can_be_connected_again_after_its_end(
    pipe: PipeBase, heard: SignalRecorder, stranger: Peer, far: socket.socket, qtbot: QtBot
) -> None:
    far.close()
    qtbot.waitUntil(lambda: heard.told == ["connected", "ended"])
    pipe.connect_to(str(stranger.place))
    qtbot.waitUntil(lambda: heard.told == ["connected", "ended", "connected"])
    pipe.write(b"again")
    assert read(stranger.lets_in(), qtbot, 5) == b"again"


class TestListener:
    @pytest.fixture
    def listener(self, kind: ModuleType, owner: QObject) -> ListenerBase:
        made = kind.Listener(owner)
        assert isinstance(made, ListenerBase)
        return made

    def test_both_ends_are_pipes(
        self,
        listener: ListenerBase,
        pipe: PipeBase,
        heard: SignalRecorder,
        short_folder: Path,
        qtbot: QtBot,
    ) -> None:
        place = short_folder / "b.sock"
        place.write_bytes(b"whoever was here is dead")
        listener.listen(str(place))
        visitors: list[PipeBase] = []
        listener.accepted.connect(visitors.append)
        with qtbot.waitSignals([listener.accepted, pipe.connected]):
            pipe.connect_to(str(place))
        (visitor,) = visitors
        said = SignalRecorder(visitor)
        pipe.write(b"hello")
        visitor.write(b"welcome")
        qtbot.waitUntil(lambda: (said.data, heard.data) == (b"hello", b"welcome"))
        pipe.finish()
        qtbot.waitUntil(lambda: said.told == ["ended"])

    def test_the_socket_is_private_to_the_user(
        self, listener: ListenerBase, short_folder: Path
    ) -> None:
        place = short_folder / "b.sock"
        listener.listen(str(place))
        assert stat.S_IMODE(place.stat().st_mode) & 0o077 == 0

    def test_a_closed_listener_accepts_nothing(
        self,
        listener: ListenerBase,
        pipe: PipeBase,
        heard: SignalRecorder,
        short_folder: Path,
        qtbot: QtBot,
    ) -> None:
        place = short_folder / "b.sock"
        listener.listen(str(place))
        listener.close()
        assert not place.exists()
        pipe.connect_to(str(place))
        qtbot.waitUntil(lambda: heard.told == ["ended"])

    @pytest.mark.parametrize("name", ["folder", "none/b.sock", "x" * 200])
    def test_a_listener_without_a_place_stays_silent(
        self, listener: ListenerBase, short_folder: Path, name: str
    ) -> None:
        (short_folder / "folder").mkdir()
        listener.listen(str(short_folder / name))
        listener.close()
