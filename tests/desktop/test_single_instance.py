"""One window per home, and links, which any website can make the system open."""

from __future__ import annotations

import os
import signal
import socket
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from keystead.paths import paths_of
from keystead_client.context import Context
from keystead_client.desktop.app import instance_folder
from keystead_client.desktop.models.deep_link import MAX_BYTES, LaunchAction, action_of_link
from keystead_client.desktop.single_instance import SingleInstance
from support.documents import PRODUCT
from support.profiles import write_profile

Start = Callable[[Path], SingleInstance]


@pytest.fixture
def start(qtbot: QtBot) -> Iterator[Start]:
    """Return a function that starts the program; its instances end with the test."""
    with ExitStack() as stack:

        def start(folder: Path) -> SingleInstance:
            made = SingleInstance(folder)
            stack.callback(made.close)
            return made

        yield start


@pytest.fixture
def first(start: Start, short_folder: Path) -> SingleInstance:
    """Return the first instance, which listens."""
    made = start(short_folder)
    assert made.claim()
    made.listen()
    return made


def connected_client(folder: Path) -> socket.socket:
    """Return a socket connected to the first instance."""
    stranger = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    stranger.connect(str(folder / "desktop.sock"))
    return stranger


def is_disconnected(stranger: socket.socket) -> bool:
    try:
        return stranger.recv(1) == b""
    except BlockingIOError:
        return False
    except ConnectionResetError:
        return True


@pytest.mark.parametrize("launch_action", LaunchAction)
def test_a_second_start_hands_over_and_exits(
    qtbot: QtBot, short_folder: Path, start: Start, launch_action: LaunchAction
) -> None:
    first, second = start(short_folder / "run"), start(short_folder / "run")
    assert first.claim()
    first.listen()
    assert not second.claim()
    heard: list[object] = []
    first.requested.connect(heard.append)
    with qtbot.waitSignals([first.requested, second.handed_over]):
        second.hand_over(launch_action)
    assert heard == [launch_action]


def test_two_homes_are_two_windows(qtbot: QtBot, short_folder: Path) -> None:
    assert SingleInstance(short_folder / "a").claim()
    assert SingleInstance(short_folder / "b").claim()


def test_a_lock_left_by_a_crash_is_ignored(qtbot: QtBot, short_folder: Path, start: Start) -> None:
    crash = (
        "import os, pathlib, signal, sys\n"
        "from PySide6.QtCore import QCoreApplication\n"
        "from keystead_client.desktop.single_instance import SingleInstance\n"
        "application = QCoreApplication([])\n"
        "instance = SingleInstance(pathlib.Path(sys.argv[1]))\n"
        "assert instance.claim()\n"
        "instance.listen()\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    crashed = subprocess.run([sys.executable, "-c", crash, short_folder], check=False)
    assert crashed.returncode == -signal.SIGKILL
    assert {"desktop.lock", "desktop.sock"} <= {one.name for one in short_folder.iterdir()}
    first = start(short_folder)
    assert first.claim()
    first.listen()
    second = start(short_folder)
    with qtbot.waitSignal(first.requested):
        second.hand_over(LaunchAction.SHOW)


def test_another_user_s_folder_is_not_used(qtbot: QtBot, short_folder: Path) -> None:
    in_the_way = short_folder / "run"
    in_the_way.write_text("a file")
    assert SingleInstance(in_the_way).claim()
    assert SingleInstance(in_the_way / "below").claim()


def test_a_symbolic_link_is_not_used_as_the_folder(qtbot: QtBot, short_folder: Path) -> None:
    (short_folder / "elsewhere").mkdir()
    (short_folder / "run").symlink_to(short_folder / "elsewhere")
    first = SingleInstance(short_folder / "run")
    assert first.claim()
    assert not list((short_folder / "elsewhere").iterdir())


def test_a_folder_with_open_permissions_is_made_private(qtbot: QtBot, short_folder: Path) -> None:
    folder = short_folder / "run"
    folder.mkdir()
    folder.chmod(0o777)
    assert SingleInstance(folder).claim()
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


@pytest.mark.parametrize("state", [None, "state"])
def test_without_a_session_the_folder_is_private_and_the_daemon_s(
    qtbot: QtBot, short_folder: Path, monkeypatch: pytest.MonkeyPatch, state: str | None
) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(short_folder / "gone"))
    monkeypatch.setenv("HOME", str(short_folder))
    monkeypatch.delenv("XDG_STATE_HOME", raising=False)
    if state is not None:
        monkeypatch.setenv("XDG_STATE_HOME", str(short_folder / state))
    profile = write_profile(short_folder / "profile")
    folder = instance_folder(Context(str(profile), None, os.environ))
    assert folder == paths_of(PRODUCT).runtime
    assert folder.is_relative_to(short_folder)
    first = SingleInstance(folder)
    assert first.claim()
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert (folder / "desktop.lock").exists()


def test_a_first_start_that_never_listens_is_abandoned(qtbot: QtBot, short_folder: Path) -> None:
    second = SingleInstance(short_folder)
    with qtbot.waitSignal(second.handed_over) as heard:
        second.hand_over(LaunchAction.SHOW)
    assert heard.args == [False]


@pytest.mark.parametrize("noise", [b"", b"refresh please", b"x" * 10_000, b"\xff\xfe", b"REFRESH"])
def test_unknown_data_is_not_an_action(
    qtbot: QtBot, short_folder: Path, first: SingleInstance, noise: bytes
) -> None:
    heard: list[object] = []
    first.requested.connect(heard.append)
    with connected_client(short_folder) as stranger:
        stranger.sendall(noise)
    friend = SingleInstance(short_folder)
    with qtbot.waitSignal(first.requested):
        friend.hand_over(LaunchAction.SHOW)
    assert heard == [LaunchAction.SHOW]


def test_an_action_may_arrive_byte_by_byte(
    qapp: QApplication, qtbot: QtBot, short_folder: Path, first: SingleInstance
) -> None:
    heard: list[object] = []
    first.requested.connect(heard.append)
    with connected_client(short_folder) as slow:
        for letter in LaunchAction.REFRESH.value.encode():
            slow.sendall(bytes([letter]))
            qapp.processEvents()
        assert heard == []
    qtbot.waitUntil(lambda: heard == [LaunchAction.REFRESH])


def test_a_client_that_sends_too_much_is_disconnected(
    qtbot: QtBot, short_folder: Path, first: SingleInstance
) -> None:
    with connected_client(short_folder) as stranger, qtbot.assertNotEmitted(first.requested):
        stranger.setblocking(False)
        stranger.sendall(b"x" * (MAX_BYTES + 1))
        qtbot.waitUntil(lambda: is_disconnected(stranger))


def test_silent_clients_keep_no_other_out(
    qtbot: QtBot, short_folder: Path, first: SingleInstance
) -> None:
    with ExitStack() as stack:
        strangers = [stack.enter_context(connected_client(short_folder)) for _ in range(12)]
        for stranger in strangers:
            stranger.setblocking(False)
        friend = SingleInstance(short_folder)
        with qtbot.waitSignal(first.requested):
            friend.hand_over(LaunchAction.SHOW)
        assert [is_disconnected(one) for one in strangers] == [True] * 5 + [False] * 7


def test_closing_removes_the_socket(
    qtbot: QtBot, short_folder: Path, first: SingleInstance
) -> None:
    with connected_client(short_folder):
        first.close()
    assert not (short_folder / "desktop.sock").exists()


@pytest.mark.parametrize("link", ["keystead-nyra://activated", "keystead-nyra://activated/"])
def test_the_link_after_paying_asks_for_a_refresh(link: str) -> None:
    assert action_of_link(link, "nyra") is LaunchAction.REFRESH


@pytest.mark.parametrize(
    "link",
    [
        None,
        "",
        "keystead-nyra://",
        "keystead-nyra://activated?license=eyJhbGciOiJub25lIn0",
        "keystead-nyra://activated#x",
        "keystead-nyra://user@activated",
        "keystead-nyra://activated/../deactivate",
        "keystead-nyra://deactivate",
        "keystead-nyra:activated",
        "https://activated",
        "file:///etc/passwd",
        "keystead-nyra://activated\nkeystead-nyra://deactivate",
        "keystead-nyra://activated" + "x" * 100_000,
    ],
)
def test_any_other_link_only_shows_the_window(link: str | None) -> None:
    assert action_of_link(link, "nyra") is LaunchAction.SHOW
