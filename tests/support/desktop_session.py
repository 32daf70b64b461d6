"""A desktop session: an X screen, D-Bus with a panel, and the real ``keystead-desktop``."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from PySide6.QtGui import QImage
from pytestqt.qtbot import QtBot

from keystead_client.desktop.models.tray import SHAPES
from keystead_client.desktop.tray_icon import picture
from support.desktop_panel import BusSession, Notification, Panel
from support.x_screen import XScreen

COMMAND = Path(sys.executable).with_name("keystead-desktop")
PATIENCE_MS = 60_000


class DesktopSession:
    """An X screen with a panel, and the programs started on it."""

    def __init__(self, bot: QtBot, screen: XScreen, session: BusSession, panel: Panel) -> None:
        self.bot, self.screen, self.panel = bot, screen, panel
        self._environ = {
            "DISPLAY": screen.name,
            "DBUS_SESSION_BUS_ADDRESS": session.address,
            "QT_QPA_PLATFORM": "xcb",
        }
        self._programs: list[subprocess.Popen[bytes]] = []

    def start(self, environ: Mapping[str, str], *arguments: str) -> subprocess.Popen[bytes]:
        """Start ``keystead-desktop`` with these variables, which name its home and profile."""
        variables = os.environ | dict(environ) | self._environ
        program = subprocess.Popen([COMMAND, *arguments], env=variables, stderr=subprocess.PIPE)
        self._programs.append(program)
        return program

    def until_tray(self, sentence: str) -> None:
        """Wait until the tray item's tooltip contains this text."""
        self.bot.waitUntil(
            lambda: bool(self.panel.items) and sentence in self.panel.tooltip(),
            timeout=PATIENCE_MS,
        )

    def until_seen(self) -> int:
        self.bot.waitUntil(lambda: bool(self.screen.windows()), timeout=PATIENCE_MS)
        return self.screen.windows()[-1]

    def until_hidden(self) -> None:
        self.bot.waitUntil(lambda: not self.screen.windows(), timeout=PATIENCE_MS)

    def until_notified(self, count: int) -> Notification:
        """Wait for a number of notifications and return the last one."""
        self.bot.waitUntil(lambda: len(self.panel.notifications) >= count, timeout=PATIENCE_MS)
        assert len(self.panel.notifications) == count
        return self.panel.notifications[-1]

    def ended(self, program: subprocess.Popen[bytes]) -> int:
        """Wait for the program to exit without errors on stderr, and return its exit code."""
        said = program.communicate(timeout=PATIENCE_MS / 1000)[1]
        assert b"Traceback" not in said, said
        self._programs.remove(program)
        return program.returncode

    def clear(self) -> None:
        for program in list(self._programs):
            program.send_signal(signal.SIGINT)
            self.ended(program)


def icon_shape(icon: dict[int, QImage]) -> str:
    """Return which of our icon shapes the panel received."""
    side, image = max(icon.items())
    same = [
        shape
        for shape in SHAPES
        if picture(shape, side).toImage().convertToFormat(image.format()) == image
    ]
    assert len(same) == 1, (side, same)
    return same[0]
