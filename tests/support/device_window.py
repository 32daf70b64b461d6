"""The desktop window on a test device with its real daemon, and a simulated user of it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

from pytestqt.qtbot import QtBot

from keystead_client.context import Context
from keystead_client.desktop.context_services import (
    at_login_of,
    doctor_of,
    opens_links_of,
    product_info_of,
    start_daemon_of,
)
from keystead_client.desktop.controller import Controller
from keystead_client.desktop.models.deep_link import LaunchAction
from keystead_client.desktop.qt_locale import ApplicationLocale
from keystead_client.desktop.window import MainWindow
from support.person import Person
from support.window_screenshots import qt_application
from support.world import Device

PATIENCE_MS = 60_000


def open_window(bot: QtBot, device: Device) -> tuple[Controller, Person]:
    """Open a window on a device's home. Close it before the daemon, or it starts another."""
    profile = device.environ["KEYSTEAD_PROFILE"]
    context = Context(profile, str(device.home), os.environ | device.environ)
    window = MainWindow("Keystead")
    bot.addWidget(window)
    desktop = Controller(
        window,
        str(context.paths.socket),
        start=start_daemon_of(context),
        load=product_info_of(context),
        app_locale=ApplicationLocale(qt_application()),
        opens_links=opens_links_of(context),
        at_login=at_login_of(context),
        doctor=doctor_of(context),
    )
    window.show()
    desktop.run(LaunchAction.SHOW)
    return desktop, Person(bot, window, patience_ms=PATIENCE_MS)


@contextmanager
def window_user(bot: QtBot, device: Device) -> Iterator[Person]:
    """Open a window within the block and yield its user."""
    desktop, person = open_window(bot, device)
    try:
        yield person
    finally:
        desktop.close()
