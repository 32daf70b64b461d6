"""The command ``keystead-desktop`` as a process, and what it imports."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path
from time import monotonic

import pytest

from keystead.errors import DaemonUnreachable
from keystead.local_client import LocalClient
from keystead.paths import paths_of
from support.profiles import write_profile

COMMAND = Path(sys.executable).with_name("keystead-desktop")


def run(*arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    without = {"DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM", *environ}
    kept = {name: value for name, value in os.environ.items() if name not in without}
    return subprocess.run(
        [COMMAND, *arguments],
        env=kept | environ,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_help_is_printed() -> None:
    helped = run("--help")
    assert helped.returncode == 0
    assert "keystead://" in helped.stdout


def test_without_a_screen_it_exits_with_a_message() -> None:
    blind = run()
    assert blind.returncode == 1
    assert "there is no screen" in blind.stderr
    assert "Traceback" not in blind.stderr


@pytest.mark.parametrize(
    "stale", [{"DISPLAY": ":49876"}, {"WAYLAND_DISPLAY": "wayland-9", "XDG_RUNTIME_DIR": "/"}]
)
def test_a_stale_display_is_reported_without_a_crash(stale: dict[str, str]) -> None:
    blind = run(**stale)
    assert (blind.returncode, "there is no screen" in blind.stderr) == (1, True)


def test_a_display_that_refuses_this_user_is_reported_without_a_crash() -> None:
    def hang_up() -> None:
        with suppress(OSError):
            while True:
                display.accept()[0].close()

    with socket.socket(socket.AF_UNIX) as display:
        display.bind("\0/tmp/.X11-unix/X49877")
        display.listen()
        hanging_up = threading.Thread(target=hang_up)
        hanging_up.start()
        blind = run(DISPLAY=":49877")
        display.shutdown(socket.SHUT_RDWR)
        hanging_up.join(60)
    assert (blind.returncode, "there is no screen" in blind.stderr) == (1, True), blind.stderr


@pytest.mark.long
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_quits_the_window_cleanly(tmp_path: Path, number: signal.Signals) -> None:
    home, profile = tmp_path / "home", write_profile(tmp_path)
    paths = paths_of("nyra", home)
    window = subprocess.Popen(
        [COMMAND, "--profile", profile, "--home", home],
        env=os.environ | {"QT_QPA_PLATFORM": "offscreen", "KEYSTEAD_SECRETS": "file"},
        stderr=subprocess.PIPE,
    )
    with window, until_connected(paths.socket) as daemon:
        # The window has started the daemon, so its event loop runs.
        window.send_signal(number)
        _, told = window.communicate(timeout=60)
        assert (window.returncode, b"Traceback" in told) == (0, False), told
        assert not paths.socket.with_name("desktop.sock").exists()
        daemon.call("daemon.stop")


def until_connected(path: Path) -> LocalClient:
    limit, pause = monotonic() + 60, threading.Event()
    while True:
        try:
            return LocalClient(path)
        except DaemonUnreachable:
            assert monotonic() < limit
            pause.wait(0.05)


@pytest.mark.parametrize("arguments", [["--nonsense"], ["a", "b"], ["--profile"]])
def test_wrong_usage_exits_with_two(arguments: list[str]) -> None:
    wrong = run(*arguments, QT_QPA_PLATFORM="offscreen")
    assert wrong.returncode == 2
    assert "usage" in wrong.stderr


def test_importing_the_app_loads_none_of_the_core() -> None:
    program = (
        "import sys\n"
        "import keystead_client.desktop.app\n"
        "print(*sorted({'msgspec', 'nacl', 'asyncio', 'httpx', 'keyring'} & set(sys.modules)))"
    )
    loaded = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert loaded.stdout.split() == []


def test_qt_is_loaded_without_pyside_s_import_hook() -> None:
    program = (
        "import linecache\n"
        "from keystead_client.desktop import entry\n"
        "entry._load_qt()\n"
        "import keystead_client.desktop.window, csv\n"
        "print(*(name for name in linecache.cache if name.endswith(('window.py', 'csv.py'))))"
    )
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    assert said.stdout.strip() == b""


def test_the_first_paint_loads_no_module_that_it_does_not_need() -> None:
    program = (
        "import sys, PySide6.QtCore\n"
        "import keystead_client.desktop.app\n"
        "from keystead_client.desktop import theme\n"
        "from keystead_client.desktop.qt_locale import ApplicationLocale\n"
        "from keystead_client.desktop.window import MainWindow\n"
        "from PySide6.QtWidgets import QApplication\n"
        "application = QApplication([])\n"
        "theme.apply(application)\n"
        "ApplicationLocale(application).choose('en')\n"
        "window = MainWindow('Keystead')\n"
        "window.show()\n"
        "application.processEvents()\n"
        "late = {'PySide6.QtNetwork', 'socket', 'msgspec', 'nacl', 'hashlib', 'babel', 'segno'}\n"
        "print(*late & sys.modules.keys(), *{'Qt'} & vars(PySide6.QtCore).keys())"
    )
    environ = os.environ | {"QT_QPA_PLATFORM": "offscreen"}
    said = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, check=True, env=environ
    )
    assert said.stdout.strip() == b""


@pytest.mark.skipif(sys.platform == "win32", reason="pipes are Qt's there")
def test_the_controller_does_not_load_qt_network() -> None:
    program = (
        "import sys\n"
        "import keystead_client.desktop.tray_controller, keystead_client.desktop.controller\n"
        "import keystead_client.desktop.app, keystead_client.desktop.single_instance\n"
        "print(*{'PySide6.QtNetwork'} & sys.modules.keys())"
    )
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    assert said.stdout.strip() == b""
