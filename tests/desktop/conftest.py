"""A window on a scripted daemon, and a person before it."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from PySide6.QtCore import QEvent
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from keystead_client.desktop import theme
from support.desktop_panel import BusSession, Panel
from support.desktop_session import DesktopSession
from support.desktop_world import Browser, World
from support.x_screen import XScreen


@pytest.fixture(scope="session", autouse=True)
def _dressed(qapp: QApplication) -> None:
    theme.apply(qapp, dark=False)


@pytest.fixture(autouse=True)
def _no_windows_left(qapp: QApplication) -> Iterator[None]:
    """Delete the windows of this test before the next, which would pay for them otherwise."""
    yield
    qapp.sendPostedEvents(None, QEvent.Type.DeferredDelete)


@pytest.fixture(scope="module", autouse=True)
def _collected_here() -> Iterator[None]:
    """Collect garbage in this thread alone.

    Stubs and scripted daemons have threads of their own, where a collection may start too. It would
    destroy Qt objects there, and Qt crashes when an object ends outside its own thread.
    """
    gc.disable()
    yield
    gc.collect()
    gc.enable()


@pytest.fixture
def world(qtbot: QtBot, tmp_path: Path) -> Iterator[World]:
    made = World(qtbot, tmp_path)
    yield made
    made.close()


@pytest.fixture
def browser(qapp: QApplication) -> Iterator[Browser]:
    """The browser of this test; without it none can be opened."""
    caught = Browser()
    for scheme in ("http", "https"):
        # The stubs ask for bytes, and Qt for str.
        QDesktopServices.setUrlHandler(scheme, caught, "catch")  # type: ignore[arg-type]
    yield caught
    for scheme in ("http", "https"):
        QDesktopServices.unsetUrlHandler(scheme)


@pytest.fixture
def desk(qtbot: QtBot) -> Iterator[DesktopSession]:
    with ExitStack() as stack:
        screen, session = stack.enter_context(XScreen()), stack.enter_context(BusSession())
        panel = stack.enter_context(Panel(session.address))
        made = DesktopSession(qtbot, screen, session, panel)
        stack.callback(made.clear)
        yield made
