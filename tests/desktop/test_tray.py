"""The real program in a tray with a scripted daemon, and the tray's menu."""

from __future__ import annotations

import queue
from collections.abc import Iterator
from datetime import UTC
from pathlib import Path

import msgspec
import pytest
from PySide6.QtCore import QObject, Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from keystead.instants import HOUR_MS
from keystead.local_api import ActivationView, Settings
from keystead.paths import paths_of
from keystead_client.desktop.models.app_state import AppState
from keystead_client.desktop.models.tray import tray_model
from keystead_client.desktop.tray import Tray
from keystead_stub.in_process import BillingStub
from support import activations
from support.desktop_session import PATIENCE_MS, DesktopSession, icon_shape
from support.desktop_world import World
from support.scripted_daemon import Refusal, ScriptedDaemon
from support.world import PRODUCT

NAME = "NyrA Swarm Little Buddy"
REMEMBERED = b'{"told":[],"said":["tray.stays","tray.none"]}'


class Home:
    """A home with a scripted daemon, where first-start notices have already been shown."""

    def __init__(self, folder: Path, stub: BillingStub) -> None:
        self.paths = paths_of(PRODUCT, folder)
        self.environ = {"KEYSTEAD_PROFILE": str(stub.profile), "KEYSTEAD_HOME": str(folder)}
        self.daemon = ScriptedDaemon(self.paths.socket, activations.active())
        self.paths.told_file.parent.mkdir(parents=True)
        self.paths.told_file.write_bytes(REMEMBERED)

    def is_asked(self, method: str) -> bool:
        """Return whether this method was called since the last look."""
        while True:
            try:
                asked, _ = self.daemon.asked.get_nowait()
            except queue.Empty:
                return False
            if asked == method:
                return True


@pytest.fixture
def home(tmp_path: Path, billing_stub: BillingStub) -> Iterator[Home]:
    # Request this fixture before `desk`: a window that outlives its daemon would start another one.
    made = Home(tmp_path, billing_stub)
    with made.daemon:
        yield made


@pytest.mark.long
class TestTheRealProgram:
    @pytest.mark.parametrize(
        ("view", "title", "asked"),
        [
            (activations.past_due(40 * HOUR_MS), "a payment did not go through", "invoices.list"),
            (activations.inactive("device_removed"), "this device was removed", "plans.list"),
        ],
    )
    def test_clicking_a_notification_opens_its_page(
        self, home: Home, desk: DesktopSession, view: ActivationView, title: str, asked: str
    ) -> None:
        desk.panel.open()
        desk.start(home.environ, "--minimized")
        desk.until_tray("Active. Everything works.")
        home.daemon.publish(view)
        told = desk.until_notified(1)
        assert told.title == f"{NAME}: {title}"
        assert not home.is_asked(asked)
        desk.panel.click_notification(told)
        desk.until_seen()
        desk.bot.waitUntil(lambda: home.is_asked(asked), timeout=PATIENCE_MS)

    def test_the_last_hour_is_notified_without_an_event(
        self, home: Home, desk: DesktopSession
    ) -> None:
        home.daemon.view = evening = activations.grace(2 * HOUR_MS)
        desk.panel.open()
        desk.start(home.environ, "--minimized")
        assert desk.until_notified(1).title == f"{NAME}: less than a day is left"
        home.daemon.publish(msgspec.structs.replace(evening, now=evening.now + HOUR_MS - 1_000))
        assert desk.until_notified(2).title == f"{NAME}: less than an hour is left"

    def test_notifications_can_be_switched_off(self, home: Home, desk: DesktopSession) -> None:
        home.daemon.answers["settings.get"] = lambda _: Settings(notifications=False)
        desk.panel.open()
        program = desk.start(home.environ, "--minimized")
        desk.until_tray("Active. Everything works.")
        home.daemon.publish(activations.expired())
        desk.until_tray("This activation ended")
        desk.bot.waitUntil(
            lambda: b"ended" in home.paths.told_file.read_bytes(), timeout=PATIENCE_MS
        )
        desk.panel.choose("Quit")
        assert desk.ended(program) == 0
        assert desk.panel.notifications == []

    def test_a_notification_is_not_repeated_after_a_restart(
        self, home: Home, desk: DesktopSession
    ) -> None:
        home.daemon.view = activations.expired()
        desk.panel.open()
        program = desk.start(home.environ, "--minimized")
        desk.until_notified(1)
        desk.panel.choose("Quit")
        assert desk.ended(program) == 0
        desk.panel.items.clear()
        desk.start(home.environ, "--minimized")
        desk.until_tray("This activation ended")
        home.daemon.publish(activations.inactive("device_removed"))
        assert desk.until_notified(2).title == f"{NAME}: this device was removed"

    def test_menu_entries_run_their_actions(self, home: Home, desk: DesktopSession) -> None:
        home.daemon.view = activations.grace()
        desk.panel.open()
        desk.start(home.environ, "--minimized")
        desk.until_tray("is not confirmed yet")
        assert icon_shape(desk.panel.icon()) == "attention"
        # The window refreshes before it notifies.
        desk.until_notified(1)
        assert home.is_asked("activation.refresh")
        desk.panel.choose("Refresh Activation")
        desk.bot.waitUntil(lambda: home.is_asked("activation.refresh"), timeout=PATIENCE_MS)
        assert desk.screen.windows() == []
        home.daemon.publish(activations.inactive())
        desk.until_tray("Your subscription was canceled")
        desk.panel.choose("Choose a plan")
        desk.until_seen()
        desk.bot.waitUntil(lambda: home.is_asked("plans.list"), timeout=PATIENCE_MS)

    def test_a_failed_menu_action_opens_the_window(self, home: Home, desk: DesktopSession) -> None:
        def refuse(_: msgspec.Struct) -> object:
            raise Refusal("backend_unreachable", "The billing service could not be reached.")

        home.daemon.answers["portal.open"] = refuse
        desk.panel.open()
        desk.start(home.environ, "--minimized")
        desk.until_tray("Active. Everything works.")
        desk.panel.choose("Manage billing")
        desk.until_seen()

    def test_the_icon_appears_when_a_panel_starts_later(
        self, home: Home, desk: DesktopSession
    ) -> None:
        desk.start(home.environ, "--minimized")
        desk.until_seen()
        desk.panel.open()
        desk.until_tray("Active. Everything works.")
        desk.until_hidden()


class TestNoTray:
    def test_a_missing_tray_is_explained_once_ever(self, world: World, tmp_path: Path) -> None:
        world.daemon(activations.active())
        ui_state_path = tmp_path / "state/told.json"
        first = world.window(ui_state_path=ui_state_path)
        first.sees("Active. Everything works.", "This desktop has no tray for icons.")
        first.clicks("Dismiss")
        first.sees_no("This desktop has no tray for icons.")
        second = world.window(ui_state_path=ui_state_path)
        second.sees("Active. Everything works.")
        second.clicks("Settings")
        second.sees("Appearance")
        second.sees_no("This desktop has no tray for icons.")

    def test_a_damaged_state_file_counts_as_empty(self, world: World, tmp_path: Path) -> None:
        ui_state_path = tmp_path / "told.json"
        ui_state_path.write_bytes(b'{"told": 7')
        world.daemon(activations.active())
        person = world.window(ui_state_path=ui_state_path)
        person.sees("This desktop has no tray for icons.")
        assert msgspec.json.decode(ui_state_path.read_bytes())["said"] == ["tray.none"]


# Qt logs these because the test's platform plugin supports no tray.
@pytest.mark.qt_log_ignore("This plugin does not support", "systemTrayWindowChanged")
class TestMenu:
    """The menu where the panel leaves it to Qt."""

    @pytest.fixture
    def tray(self, qtbot: QtBot) -> Iterator[Tray]:
        owner = QObject()
        state = AppState(connected=True, view=activations.active())
        tray = Tray(tray_model(state, product="NyrA", zone=UTC), "NyrA", owner)
        qtbot.addWidget(tray.menu)
        tray.menu.popup(tray.menu.pos())
        yield tray
        owner.deleteLater()

    def click(self, tray: Tray, label: str) -> None:
        (entry,) = (one for one in tray.menu.actions() if one.text().replace("&", "") == label)
        place = tray.menu.actionGeometry(entry).center()
        QTest.mouseClick(tray.menu, Qt.MouseButton.LeftButton, pos=place)

    @pytest.mark.parametrize(
        ("label", "name"),
        [("Refresh Activation", "refresh"), ("Manage billing", "portal")],
    )
    def test_an_action_is_chosen_by_its_name(
        self, qtbot: QtBot, tray: Tray, label: str, name: str
    ) -> None:
        with qtbot.waitSignal(tray.chosen) as chosen:
            self.click(tray, label)
        assert chosen.args == [name]

    def test_the_menu_opens_the_window_and_quits(self, qtbot: QtBot, tray: Tray) -> None:
        with qtbot.waitSignal(tray.opened):
            self.click(tray, "Open NyrA")
        tray.menu.popup(tray.menu.pos())
        with qtbot.waitSignal(tray.quit_chosen):
            self.click(tray, "Quit")

    def test_the_menu_s_headline_is_not_selectable(self, qtbot: QtBot, tray: Tray) -> None:
        with (
            qtbot.assertNotEmitted(tray.chosen),
            qtbot.assertNotEmitted(tray.opened),
            qtbot.assertNotEmitted(tray.quit_chosen),
        ):
            self.click(tray, "Active. Everything works.")
