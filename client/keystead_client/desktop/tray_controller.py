"""What the program is while nobody looks at its window: an icon in the tray, and what it tells.

With a tray, closing the window leaves the program running there; without one it ends it. Which of
both it is, is asked of the desktop when the window is closed: panels come and go.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from datetime import tzinfo
from pathlib import Path

import msgspec
from PySide6.QtCore import QObject, QTimer
from PySide6.QtWidgets import QApplication

from keystead.local_api import ActivationView
from keystead_client.desktop import session_bus
from keystead_client.desktop.commands import Commands
from keystead_client.desktop.daemon_supervisor import DaemonSupervisor
from keystead_client.desktop.models.app_state import AppState, Screen, screen_of
from keystead_client.desktop.models.catalog import tr
from keystead_client.desktop.models.notifications import Event, notification
from keystead_client.desktop.models.tray import TRY_AGAIN, needs_window, no_tray_notice, tray_model
from keystead_client.desktop.notifier import Notifier
from keystead_client.desktop.places import Places
from keystead_client.desktop.store import Store
from keystead_client.desktop.tray import Tray, tray_available
from keystead_client.desktop.ui_state_file import UiStateFile
from keystead_client.desktop.window import MainWindow
from keystead_client.presentation import OK, WAIT

#: The places of the window that say nothing of the activation.
_ELSEWHERE = (Screen.SETTINGS, Screen.DIAGNOSTICS)
#: What is said once, ever.
_STAYS, _NO_TRAY = "tray.stays", "tray.none"
_WATCHER = "org.kde.StatusNotifierWatcher"


class TrayController(QObject):
    def __init__(
        self,
        window: MainWindow,
        store: Store,
        commands: Commands,
        supervisor: DaemonSupervisor,
        places: Places,
        *,
        ui_state_path: Path,
        product: str,
        support: str | None,
        clock: Callable[[], int],
        zone: tzinfo | None,
    ) -> None:
        """``product`` and ``support`` are the vendor's; ``clock``: milliseconds of this boot."""
        super().__init__(window)
        self._window, self._store, self._commands = window, store, commands
        self._supervisor, self._places, self._zone = supervisor, places, zone
        self._product, self._support = product, support
        self._tray: Tray | None = None
        self._leads_to = Screen.OVERVIEW
        self._from_tray = False
        self._ui_state = UiStateFile(ui_state_path, self)
        self._notifier = Notifier(
            store, self._ui_state, commands, clock=clock, looking=self._is_looked_at, parent=self
        )
        self._notifier.happened.connect(self._tell)
        store.changed.connect(self._store_changed)
        window.closed.connect(lambda: QTimer.singleShot(0, self, self._closed))
        window.seen.connect(self._say_that_there_is_no_tray)
        self._ui_state.ready.connect(self._say_that_there_is_no_tray)
        # From here on closing decides, in `_closed`; Qt would count windows.
        QApplication.setQuitOnLastWindowClosed(False)
        self._take_place()
        if self._tray is None:
            self._await_panel()
            if window.is_closed:
                # Quicker than we were, and Qt does not end the program any more.
                QApplication.quit()
            elif not window.isVisible():
                window.showMinimized()
        self._ui_state.read()

    def _take_place(self) -> None:
        """Put the icon where there is a place for it."""
        if self._tray is not None or not tray_available():
            return
        state = self._store.state
        model = tray_model(state, product=self._product, zone=self._zone)
        self._tray = tray = Tray(model, self._product, self)
        tray.opened.connect(self._window.come_forward)
        tray.chosen.connect(self._carry_out)
        tray.quit_chosen.connect(QApplication.quit)
        tray.message_clicked.connect(self._message_clicked)
        if self._window.isMinimized():
            # It was put there for want of a tray.
            self._window.hide()

    def _await_panel(self) -> None:
        """At login the panel may come later than we do."""
        if sys.platform in ("win32", "darwin") or not session_bus.bus_may_exist(os.environ):
            return
        from PySide6.QtDBus import QDBusConnection, QDBusServiceWatcher

        watcher = QDBusServiceWatcher(
            _WATCHER,
            QDBusConnection.sessionBus(),
            QDBusServiceWatcher.WatchModeFlag.WatchForRegistration,
            self,
        )
        watcher.serviceRegistered.connect(self._take_place)

    def _store_changed(self) -> None:
        self.show()
        self._say_that_there_is_no_tray()
        self._answer_to_tray()

    def show(self) -> None:
        """Bring the tray up to date."""
        if self._tray is not None:
            model = tray_model(self._store.state, product=self._product, zone=self._zone)
            self._tray.show_model(model)

    def _is_looked_at(self) -> bool:
        return (
            self._window.is_seen()
            and self._window.isActiveWindow()
            and screen_of(self._store.state) not in _ELSEWHERE
        )

    def _carry_out(self, action: str) -> None:
        if action == TRY_AGAIN:
            self._supervisor.try_again()
            return
        if needs_window(action):
            self._window.come_forward()
        self._from_tray = not self._window.is_seen()
        self._commands.carry_out(action)

    def _answer_to_tray(self) -> None:
        """What went wrong with something chosen in the menu is told in the window."""
        state = self._store.state
        if not self._from_tray or state.in_progress:
            return
        self._from_tray = False
        if state.notice is not None and state.notice.tone != OK:
            self._window.come_forward()

    def _closed(self) -> None:
        self._take_place()
        if self._tray is None or not tray_available():
            QApplication.quit()
            return
        tray, settings = self._tray, self._store.state.settings
        if settings is None or settings.notifications:
            self._once(_STAYS, lambda: self._say(tray, Screen.OVERVIEW, *self._goes_on()))

    def _goes_on(self) -> tuple[str, str, str]:
        title = tr("tray.stays", product=self._product)
        return title, tr("tray.stays.body"), WAIT

    def _tell(self, event: Event, view: ActivationView) -> None:
        told = notification(
            event, view, product=self._product, zone=self._zone, support=self._support
        )
        if self._tray is not None:
            self._say(self._tray, told.screen, told.title, told.body, told.tone)
        else:
            QApplication.alert(self._window)

    def _say(self, tray: Tray, opens_links: Screen, title: str, body: str, tone: str) -> None:
        self._leads_to = opens_links
        tray.tell(title, body, tone)

    def _message_clicked(self) -> None:
        self._window.come_forward()
        if self._leads_to is Screen.ACTIVATE:
            self._commands.activate()
        else:
            self._places.go(self._leads_to)

    def _say_that_there_is_no_tray(self) -> None:
        """Once, where somebody sees it, and over nothing else."""
        state = self._store.state
        if self._tray is None and self._window.is_seen() and _is_calm(state):
            self._once(_NO_TRAY, self._note_no_tray)

    def _note_no_tray(self) -> None:
        self._store.put(notice=no_tray_notice())

    def _once(self, what: str, say: Callable[[], None]) -> None:
        remembered = self._ui_state.value
        if remembered is None or what in remembered.said:
            return
        said = (*remembered.said, what)
        self._ui_state.keep(msgspec.structs.replace(remembered, said=said), say)


def _is_calm(state: AppState) -> bool:
    return state.up and state.view is not None and state.notice is None and not state.in_progress
