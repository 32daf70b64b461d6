"""Windows connected to scripted daemons, for the fixtures of ``tests/desktop``."""

from __future__ import annotations

import os
from datetime import UTC
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, QUrl, Slot
from pytestqt.qtbot import QtBot

from keystead.errors import DaemonUnreachable
from keystead.local_api import ActivationView
from keystead.paths import paths_of
from keystead_client.context import Context
from keystead_client.desktop.context_services import at_login_of, doctor_of
from keystead_client.desktop.controller import Controller
from keystead_client.desktop.intents.diagnostics import Doctor
from keystead_client.desktop.models.deep_link import LaunchAction
from keystead_client.desktop.models.product_info import ProductInfo
from keystead_client.desktop.qt_locale import ApplicationLocale
from keystead_client.desktop.window import MainWindow
from support.person import Person
from support.profiles import write_profile
from support.scripted_daemon import ScriptedDaemon
from support.window_screenshots import qt_application

PROFILE = ProductInfo("NyrA Swarm Little Buddy", "support@nyra.example")


def no_daemon() -> None:
    """Fail to start a daemon."""
    raise DaemonUnreachable("The daemon is not installed.", code="daemon_missing")


class Browser(QObject):
    """Record the URLs that would open in the user's browser."""

    def __init__(self) -> None:
        super().__init__()
        self.opened: list[str] = []

    @Slot(QUrl)
    def catch(self, url: QUrl) -> None:
        self.opened.append(url.toString())


class World:
    """One computer: a folder for the daemon's socket, scripted daemons and windows."""

    def __init__(self, bot: QtBot, folder: Path) -> None:
        self.bot = bot
        self._folder = folder
        #: The desktop's autostart folder.
        self.user_config = folder / "user-config"
        self.socket = paths_of("nyra", folder).socket
        self.app_locale = ApplicationLocale(qt_application())
        self._daemons: list[ScriptedDaemon] = []
        self._desktops: list[Controller] = []

    def daemon(self, view: ActivationView) -> ScriptedDaemon:
        """Start a scripted daemon with this activation."""
        daemon = ScriptedDaemon(self.socket, view)
        daemon.start()
        self._daemons.append(daemon)
        return daemon

    def window(self, launch_action: LaunchAction = LaunchAction.SHOW, **behind: Any) -> Person:
        """Open a window and return its user; ``start`` and ``load`` are `Controller`'s."""
        parts: dict[str, Any] = {"start": no_daemon, "load": lambda: PROFILE, "zone": UTC}
        parts |= {"doctor": self.doctor(), "opens_links": lambda: True}
        parts["at_login"] = at_login_of(self._context())
        parts["app_locale"] = self.app_locale
        window = MainWindow("Keystead")
        self.bot.addWidget(window)
        desktop = Controller(window, str(self.socket), **(parts | behind))
        self._desktops.append(desktop)
        window.show()
        desktop.run(launch_action)
        return Person(self.bot, window)

    def window_without_links(self) -> Person:
        """Open a window that no link reaches, and wait until it has detected that."""
        person = self.window(opens_links=lambda: False)
        loopback = self._desktops[-1]._loopback
        self.bot.waitUntil(lambda: loopback._needed)
        return person

    def doctor(self) -> Doctor:
        """Return the real checks for this home."""
        return doctor_of(self._context())

    def _context(self) -> Context:
        profile = write_profile(self._folder / "profile")
        environ = {**os.environ, "XDG_CONFIG_HOME": str(self.user_config)}
        return Context(str(profile), str(self._folder), environ)

    def at(self, view: ActivationView) -> tuple[ScriptedDaemon, Person]:
        """Start a scripted daemon and a window connected to it."""
        return self.daemon(view), self.window()

    def close(self) -> None:
        for desktop in self._desktops:
            desktop.close()
        for daemon in self._daemons:
            daemon.stop()
        self.app_locale.choose(None)
