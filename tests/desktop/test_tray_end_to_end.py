"""The tray with real parts: the command, a daemon, a stub, a screen, a bus, and a panel on it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from PySide6.QtGui import QImage
from pytestqt.qtbot import QtBot

from keystead.instants import DAY_MS, HOUR_MS, MINUTE_MS
from keystead_client.desktop.models.tray import SHAPES
from keystead_client.desktop.tray_icon import picture
from keystead_stub.in_process import BillingStub
from support.panel import Panel, Session, Told
from support.world import Device, World
from support.x_screen import XScreen

pytestmark = pytest.mark.long

COMMAND = Path(sys.executable).with_name("keystead-desktop")
PATIENCE_MS = 30_000
NAME = "NyrA Swarm Little Buddy"


class Desk:
    """A screen with a panel, and the program on it."""

    def __init__(self, bot: QtBot, screen: XScreen, session: Session, panel: Panel) -> None:
        self.bot, self.screen, self.panel = bot, screen, panel
        self._environ = {
            "DISPLAY": screen.name,
            "DBUS_SESSION_BUS_ADDRESS": session.address,
            "QT_QPA_PLATFORM": "xcb",
        }
        self._programs: list[subprocess.Popen[bytes]] = []

    def start(self, device: Device, *arguments: str) -> subprocess.Popen[bytes]:
        """Start ``keystead-desktop`` on a device's home."""
        environ = os.environ | device.environ | self._environ
        program = subprocess.Popen([COMMAND, *arguments], env=environ, stderr=subprocess.PIPE)
        self._programs.append(program)
        return program

    def until_tray(self, sentence: str) -> None:
        """Wait until the item in the tray says this."""
        self.bot.waitUntil(
            lambda: bool(self.panel.items) and sentence in self.panel.tooltip(),
            timeout=PATIENCE_MS,
        )

    def until_seen(self) -> int:
        self.bot.waitUntil(lambda: bool(self.screen.windows()), timeout=PATIENCE_MS)
        return self.screen.windows()[-1]

    def until_hidden(self) -> None:
        self.bot.waitUntil(lambda: not self.screen.windows(), timeout=PATIENCE_MS)

    def until_told(self, count: int) -> Told:
        """Wait for so many notifications; the last of them."""
        self.bot.waitUntil(lambda: len(self.panel.told) >= count, timeout=PATIENCE_MS)
        assert len(self.panel.told) == count
        return self.panel.told[-1]

    def ended(self, program: subprocess.Popen[bytes]) -> int:
        """The exit code of a program that ends by itself; it said nothing of a fault."""
        said = program.communicate(timeout=PATIENCE_MS / 1000)[1]
        assert b"Traceback" not in said, said
        self._programs.remove(program)
        return program.returncode

    def clear(self) -> None:
        for program in list(self._programs):
            program.send_signal(signal.SIGINT)
            self.ended(program)


@pytest.fixture
def desk(qtbot: QtBot) -> Iterator[Desk]:
    with ExitStack() as stack:
        screen, session = stack.enter_context(XScreen()), stack.enter_context(Session())
        panel = stack.enter_context(Panel(session.address))
        made = Desk(qtbot, screen, session, panel)
        stack.callback(made.clear)
        yield made


@pytest.fixture
def billing(billing_stub: BillingStub, tmp_path: Path) -> Iterator[World]:
    world = World(billing_stub, tmp_path)
    yield world
    world.end()


def shape_of(icon: dict[int, QImage]) -> str:
    """Which of our shapes a panel was given."""
    side, image = max(icon.items())
    same = [
        shape
        for shape in SHAPES
        if picture(shape, side).toImage().convertToFormat(image.format()) == image
    ]
    assert len(same) == 1, (side, same)
    return same[0]


def offline_until(device: Device, world: World, instant_ms: int) -> None:
    """Let time pass on a device that reaches nobody."""
    world.stub.faults.set(status=503)
    device.sleep_until(instant_ms)


def test_its_life_in_the_tray(billing: World, desk: Desk) -> None:
    device = billing.activated(rehearsed=True)
    desk.panel.open()
    program = desk.start(device)
    window = desk.until_seen()
    desk.until_tray("Active. Everything works.")
    assert shape_of(desk.panel.icon()) == "ok"
    assert [entry.label for entry in desk.panel.menu()] == [
        "Active. Everything works.",
        "Refresh Activation",
        "Manage billing",
        f"Open {NAME}",
        "Quit",
    ]
    assert [entry.enabled for entry in desk.panel.menu()] == [False, True, True, True, True]

    desk.screen.close_window(window)
    desk.until_hidden()
    assert desk.until_told(1).title == f"{NAME} goes on in the tray"

    period_ms = device.view().current_period_end
    assert period_ms is not None
    offline_until(device, billing, period_ms + HOUR_MS)
    desk.until_tray("is not confirmed yet")
    assert shape_of(desk.panel.icon()) == "attention"
    grace = desk.until_told(2)
    assert grace.title == f"{NAME}: the renewal is not confirmed yet"
    desk.panel.click_told(grace)
    desk.screen.close_window(desk.until_seen())
    desk.until_hidden()

    offline_until(device, billing, period_ms + 3 * DAY_MS - 30 * MINUTE_MS)
    assert desk.until_told(3).title == f"{NAME}: less than an hour is left"
    desk.panel.click()
    desk.until_seen()
    desk.panel.choose("Quit")
    assert desk.ended(program) == 0

    desk.panel.items.clear()
    again = desk.start(device, "--minimized")
    desk.until_tray("is not confirmed yet")
    assert desk.screen.windows() == []
    offline_until(device, billing, period_ms + 3 * DAY_MS)
    desk.until_tray("This activation ended")
    assert shape_of(desk.panel.icon()) == "blocked"
    assert desk.until_told(4).title == f"{NAME}: the activation has ended"
    assert desk.ended(desk.start(device)) == 0
    desk.until_seen()
    desk.panel.choose("Quit")
    assert desk.ended(again) == 0


def test_without_a_tray_closing_ends_it(billing: World, desk: Desk) -> None:
    device = billing.activated()
    program = desk.start(device)
    desk.screen.close_window(desk.until_seen())
    assert desk.ended(program) == 0
    assert desk.panel.told == []


def test_a_panel_that_comes_later_or_again_is_used(billing: World, desk: Desk) -> None:
    device = billing.activated()
    program = desk.start(device)
    desk.until_seen()
    desk.panel.open()
    desk.until_tray("Active. Everything works.")
    desk.panel.close()
    desk.panel.open()
    desk.until_tray("Active. Everything works.")
    desk.panel.close()
    desk.screen.close_window(desk.until_seen())
    assert desk.ended(program) == 0
