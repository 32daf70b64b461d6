"""A product's links opened by the desktop's own tools reach the open window."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from PySide6.QtCore import QUrl
from PySide6.QtGui import QFileOpenEvent
from PySide6.QtWidgets import QApplication

from keystead.paths import paths_of
from keystead_client.desktop.link_events import LinkEvents
from keystead_client.desktop.models.deep_link import LaunchAction
from support import activations
from support.scripted_daemon import PATIENCE_S, ScriptedDaemon

COMMAND = Path(sys.executable).with_name("keystead-desktop")
PROFILE = Path(__file__).parents[2] / "packaging/example/keystead.toml"


class UserDesktop:
    """A user with a desktop and one home, whose scripted daemon records its calls."""

    def __init__(self, folder: Path, daemon: ScriptedDaemon) -> None:
        self.folder, self.daemon = folder, daemon
        own = {"QT_QPA_PLATFORM": "offscreen", "HOME": str(folder)}
        own |= {f"XDG_{name}_HOME": str(folder / name) for name in ("DATA", "CONFIG")}
        (folder / "CONFIG").mkdir()
        self.environ = {**os.environ, **own, "XDG_DATA_DIRS": str(folder / "nothing")}
        self.entries = ("--profile", str(PROFILE), "--home", str(folder / "home"))

    def run(self, *command: str | Path) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command,
            env=self.environ,
            capture_output=True,
            text=True,
            check=False,
            timeout=3 * PATIENCE_S,
        )

    @contextmanager
    def window(self, *flags: str) -> Iterator[subprocess.Popen[bytes]]:
        """Run the window as a process within the block, once it has received the state."""
        process = subprocess.Popen([COMMAND, *self.entries, *flags], env=self.environ)
        try:
            self.is_asked("events.subscribe")
            yield process
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(PATIENCE_S)

    def is_asked(self, method: str) -> None:
        """Return whether the daemon receives a call of this method within the time limit."""
        while self.daemon.asked.get(timeout=3 * PATIENCE_S)[0] != method:
            pass


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[UserDesktop]:
    socket = paths_of("nyra", tmp_path / "home").socket
    socket.parent.mkdir(mode=0o700, parents=True)
    with ScriptedDaemon(socket, activations.active()) as daemon:
        yield UserDesktop(tmp_path, daemon)


@pytest.mark.long
@pytest.mark.skipif(shutil.which("gio") is None, reason="GLib's tool is not here")
def test_a_link_reaches_the_window_that_was_registered_for_it(desk: UserDesktop) -> None:
    is_registered = desk.run(COMMAND, *desk.entries, "--register-links")
    assert (is_registered.returncode, is_registered.stderr) == (0, "")
    with desk.window() as window:
        opened = desk.run("gio", "open", "keystead-nyra://activated")
        assert opened.returncode == 0, opened.stderr
        desk.is_asked("activation.refresh")
        assert window.poll() is None
    assert desk.run(COMMAND, *desk.entries, "--unregister-links").returncode == 0
    assert desk.run("gio", "open", "keystead-nyra://activated").returncode != 0


@pytest.mark.long
def test_a_start_at_login_is_minimized_and_connected(desk: UserDesktop) -> None:
    with desk.window("--minimized") as window:
        again = desk.run(COMMAND, *desk.entries, "--minimized")
        assert (again.returncode, again.stderr) == (0, "")
        assert window.poll() is None


def test_links_are_not_registered_without_a_profile(tmp_path: Path) -> None:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("XDG_")}
    refused = subprocess.run(
        [COMMAND, "--register-links"],
        env=kept | {"HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert refused.returncode == 1
    assert "No profile was found" in refused.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("link", "launch_action"),
    [
        ("keystead-nyra://activated", LaunchAction.REFRESH),
        ("keystead-nyra://activated?license=x", LaunchAction.SHOW),
        ("file:///etc/passwd", LaunchAction.SHOW),
    ],
)
def test_links_arrive_as_events_on_macos(
    qapp: QApplication, link: str, launch_action: LaunchAction
) -> None:
    events, heard = LinkEvents("nyra"), list[object]()
    events.followed.connect(heard.append)
    qapp.installEventFilter(events)
    try:
        QApplication.sendEvent(qapp, QFileOpenEvent(QUrl(link)))
    finally:
        qapp.removeEventFilter(events)
    assert heard == [launch_action]
