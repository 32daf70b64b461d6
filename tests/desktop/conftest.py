"""Fixtures for windows connected to scripted daemons."""

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
    """Delete this test's windows before the next test, which would be slowed down by them."""
    yield
    qapp.sendPostedEvents(None, QEvent.Type.DeferredDelete)


@pytest.fixture(scope="module", autouse=True)
def _collected_here() -> Iterator[None]:
    """Run the garbage collector in this thread only.

    Stubs and scripted daemons run in other threads, where a collection could start. It would
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
    """Return the recorded URLs of this test; without this fixture no browser can be opened."""
    caught = Browser()
    for scheme in ("http", "https"):
        # PySide's type stubs declare bytes, but Qt needs str here.
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
