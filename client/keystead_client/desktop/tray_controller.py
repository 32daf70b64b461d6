"""Keep the program running in the tray, with an icon, a menu and notifications.

With a tray, closing the window leaves the program running; without one it ends. Which of the two
applies is asked of the desktop when the window is closed, because panels come and go.
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
from keystead_client.desktop.daemon_supervisor import DaemonSupervisor
from keystead_client.desktop.intents import Intents
from keystead_client.desktop.models.app_state import AppState, Screen, screen_of
from keystead_client.desktop.models.catalog import tr
from keystead_client.desktop.models.notifications import Event, notification
from keystead_client.desktop.models.product_info import ProductInfo
from keystead_client.desktop.models.tray import TRY_AGAIN, needs_window, no_tray_notice, tray_model
from keystead_client.desktop.notifier import Notifier
from keystead_client.desktop.store import Store
from keystead_client.desktop.tray import Tray, tray_available
from keystead_client.desktop.ui_state_file import UiStateFile
from keystead_client.desktop.window import MainWindow
from keystead_client.presentation import OK, WAIT

#: The screens that say nothing about the activation.
_UNRELATED = (Screen.SETTINGS, Screen.DIAGNOSTICS)
#: Messages that are shown once ever.
_STAYS, _NO_TRAY = "tray.stays", "tray.none"
_WATCHER = "org.kde.StatusNotifierWatcher"


class TrayController(QObject):
    def __init__(
        self,
        window: MainWindow,
        store: Store,
        intents: Intents,
        supervisor: DaemonSupervisor,
        *,
        ui_state_path: Path,
        product: ProductInfo,
        clock: Callable[[], int],
        zone: tzinfo | None,
    ) -> None:
        """``clock`` returns the milliseconds since boot."""
        super().__init__(window)
        self._window, self._store, self._intents = window, store, intents
        self._supervisor, self._zone = supervisor, zone
        self._product, self._support = product.product_name, product.support_email
        self._tray: Tray | None = None
        self._message_screen = Screen.OVERVIEW
        self._from_tray = False
        self._ui_state = UiStateFile(ui_state_path, self)
        self._notifier = Notifier(
            store,
            self._ui_state,
            intents.activation.refresh_quietly,
            clock=clock,
            watched=self._is_watched,
            parent=self,
        )
        self._notifier.notify.connect(self._notify)
        store.changed.connect(self._store_changed)
        window.closed.connect(lambda: QTimer.singleShot(0, self, self._closed))
        window.seen.connect(self._explain_missing_tray)
        self._ui_state.ready.connect(self._explain_missing_tray)
        # From here on `_closed` decides; Qt would end the program with its last window.
        QApplication.setQuitOnLastWindowClosed(False)
        self._add_icon()
        if self._tray is None:
            self._watch_for_panel()
            if window.is_closed:
                # The window was closed before this object existed, and Qt no longer quits then.
                QApplication.quit()
            elif not window.isVisible():
                window.showMinimized()
        self._ui_state.read()

    def _add_icon(self) -> None:
        """Add the icon if the desktop has a tray."""
        if self._tray is not None or not tray_available():
            return
        model = tray_model(self._store.state, product=self._product, zone=self._zone)
        self._tray = tray = Tray(model, self._product, self)
        tray.opened.connect(self._window.come_forward)
        tray.chosen.connect(self._run)
        tray.quit_chosen.connect(QApplication.quit)
        tray.message_clicked.connect(self._message_clicked)
        if self._window.isMinimized():
            # It was minimized only because there was no tray.
            self._window.hide()

    def _watch_for_panel(self) -> None:
        """Add the icon when a panel appears: at login it may start later than this program."""
        if sys.platform in ("win32", "darwin") or not session_bus.bus_may_exist(os.environ):
            return
        from PySide6.QtDBus import QDBusConnection, QDBusServiceWatcher

        watcher = QDBusServiceWatcher(
            _WATCHER,
            QDBusConnection.sessionBus(),
            QDBusServiceWatcher.WatchModeFlag.WatchForRegistration,
            self,
        )
        watcher.serviceRegistered.connect(self._add_icon)

    def _store_changed(self) -> None:
        self.show()
        self._explain_missing_tray()
        self._show_failure()

    def show(self) -> None:
        """Bring the tray up to date."""
        if self._tray is not None:
            model = tray_model(self._store.state, product=self._product, zone=self._zone)
            self._tray.show_model(model)

    def _is_watched(self) -> bool:
        return (
            self._window.is_seen()
            and self._window.isActiveWindow()
            and screen_of(self._store.state) not in _UNRELATED
        )

    def _run(self, action: str) -> None:
        if action == TRY_AGAIN:
            self._supervisor.try_again()
            return
        if needs_window(action):
            self._window.come_forward()
        self._from_tray = not self._window.is_seen()
        self._intents.run(action)

    def _show_failure(self) -> None:
        """Open the window if an action that was chosen in the menu has failed."""
        state = self._store.state
        if not self._from_tray or state.in_progress:
            return
        self._from_tray = False
        if state.notice is not None and state.notice.tone != OK:
            self._window.come_forward()

    def _closed(self) -> None:
        self._add_icon()
        if self._tray is None or not tray_available():
            QApplication.quit()
            return
        tray, settings = self._tray, self._store.state.settings
        if settings is None or settings.notifications:
            self._once(_STAYS, lambda: self._show_message(tray, Screen.OVERVIEW, *self._stays()))

    def _stays(self) -> tuple[str, str, str]:
        return tr("tray.stays", product=self._product), tr("tray.stays.body"), WAIT

    def _notify(self, event: Event, view: ActivationView) -> None:
        message = notification(
            event, view, product=self._product, zone=self._zone, support=self._support
        )
        if self._tray is not None:
            self._show_message(
                self._tray, message.screen, message.title, message.body, message.tone
            )
        else:
            QApplication.alert(self._window)

    def _show_message(self, tray: Tray, screen: Screen, title: str, body: str, tone: str) -> None:
        self._message_screen = screen
        tray.show_message(title, body, tone)

    def _message_clicked(self) -> None:
        self._window.come_forward()
        if self._message_screen is Screen.ACTIVATE:
            self._intents.checkout.show_plans()
        else:
            self._intents.go_to(self._message_screen)

    def _explain_missing_tray(self) -> None:
        """Say once that there is no tray, when the window is seen and shows no other notice."""
        state = self._store.state
        if self._tray is None and self._window.is_seen() and _is_idle(state):
            self._once(_NO_TRAY, lambda: self._store.put(notice=no_tray_notice()))

    def _once(self, message: str, show: Callable[[], None]) -> None:
        saved = self._ui_state.value
        if saved is None or message in saved.shown:
            return
        shown = (*saved.shown, message)
        self._ui_state.save(msgspec.structs.replace(saved, shown=shown), show)


def _is_idle(state: AppState) -> bool:
    return (
        state.connected
        and state.view is not None
        and state.notice is None
        and not state.in_progress
    )
