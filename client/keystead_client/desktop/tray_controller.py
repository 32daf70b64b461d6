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
from keystead_client.desktop.daemon_supervisor import Presence
from keystead_client.desktop.models.app_state import Known, Screen, screen_of
from keystead_client.desktop.models.catalog import WORDS
from keystead_client.desktop.models.notifications import Event, notification
from keystead_client.desktop.models.tray import TRY_AGAIN, needs_window, no_tray_notice, tray_model
from keystead_client.desktop.notifier import Newsman
from keystead_client.desktop.places import Places
from keystead_client.desktop.store import Store
from keystead_client.desktop.tray import Tray, there_is_a_tray
from keystead_client.desktop.ui_state_file import Memory
from keystead_client.desktop.window import MainWindow
from keystead_client.presentation import OK, WAIT

#: The places of the window that say nothing of the activation.
_ELSEWHERE = (Screen.SETTINGS, Screen.DIAGNOSTICS)
#: What is said once, ever.
_STAYS, _NO_TRAY = "tray.stays", "tray.none"
_WATCHER = "org.kde.StatusNotifierWatcher"


class Background(QObject):
    def __init__(
        self,
        window: MainWindow,
        store: Store,
        commands: Commands,
        presence: Presence,
        places: Places,
        *,
        told_file: Path,
        product: str,
        support: str | None,
        clock: Callable[[], int],
        zone: tzinfo | None,
    ) -> None:
        """``product`` and ``support`` are the vendor's; ``clock``: milliseconds of this boot."""
        super().__init__(window)
        self._window, self._store, self._commands = window, store, commands
        self._presence, self._places, self._zone = presence, places, zone
        self._product, self._support = product, support
        self._tray: Tray | None = None
        self._leads_to = Screen.OVERVIEW
        self._from_tray = False
        self._memory = Memory(told_file, self)
        self._newsman = Newsman(
            store, self._memory, commands, clock=clock, looking=self._is_looked_at, parent=self
        )
        self._newsman.happened.connect(self._tell)
        store.changed.connect(self._store_changed)
        window.closed.connect(lambda: QTimer.singleShot(0, self, self._closed))
        window.seen.connect(self._say_that_there_is_no_tray)
        self._memory.ready.connect(self._say_that_there_is_no_tray)
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
        self._memory.read()

    def _take_place(self) -> None:
        """Put the icon where there is a place for it."""
        if self._tray is not None or not there_is_a_tray():
            return
        known = self._store.known
        model = tray_model(known, product=self._product, zone=self._zone)
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
        if sys.platform in ("win32", "darwin") or not session_bus.may_be_reached(os.environ):
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
            model = tray_model(self._store.known, product=self._product, zone=self._zone)
            self._tray.show_model(model)

    def _is_looked_at(self) -> bool:
        return (
            self._window.is_seen()
            and self._window.isActiveWindow()
            and screen_of(self._store.known) not in _ELSEWHERE
        )

    def _carry_out(self, action: str) -> None:
        if action == TRY_AGAIN:
            self._presence.try_again()
            return
        if needs_window(action):
            self._window.come_forward()
        self._from_tray = not self._window.is_seen()
        self._commands.carry_out(action)

    def _answer_to_tray(self) -> None:
        """What went wrong with something chosen in the menu is told in the window."""
        known = self._store.known
        if not self._from_tray or known.doing:
            return
        self._from_tray = False
        if known.notice is not None and known.notice.tone != OK:
            self._window.come_forward()

    def _closed(self) -> None:
        self._take_place()
        if self._tray is None or not there_is_a_tray():
            QApplication.quit()
            return
        tray, settings = self._tray, self._store.known.settings
        if settings is None or settings.notifications:
            self._once(_STAYS, lambda: self._say(tray, Screen.OVERVIEW, *self._goes_on()))

    def _goes_on(self) -> tuple[str, str, str]:
        title = WORDS("tray.stays", product=self._product)
        return title, WORDS("tray.stays.body"), WAIT

    def _tell(self, event: Event, view: ActivationView) -> None:
        told = notification(
            event, view, product=self._product, zone=self._zone, support=self._support
        )
        if self._tray is not None:
            self._say(self._tray, told.screen, told.title, told.body, told.tone)
        else:
            QApplication.alert(self._window)

    def _say(self, tray: Tray, leads_to: Screen, title: str, body: str, tone: str) -> None:
        self._leads_to = leads_to
        tray.tell(title, body, tone)

    def _message_clicked(self) -> None:
        self._window.come_forward()
        if self._leads_to is Screen.ACTIVATE:
            self._commands.activate()
        else:
            self._places.go(self._leads_to)

    def _say_that_there_is_no_tray(self) -> None:
        """Once, where somebody sees it, and over nothing else."""
        known = self._store.known
        if self._tray is None and self._window.is_seen() and _is_calm(known):
            self._once(_NO_TRAY, self._note_no_tray)

    def _note_no_tray(self) -> None:
        self._store.put(notice=no_tray_notice())

    def _once(self, what: str, say: Callable[[], None]) -> None:
        remembered = self._memory.value
        if remembered is None or what in remembered.said:
            return
        said = (*remembered.said, what)
        self._memory.keep(msgspec.structs.replace(remembered, said=said), say)


def _is_calm(known: Known) -> bool:
    return known.up and known.view is not None and known.notice is None and not known.doing
