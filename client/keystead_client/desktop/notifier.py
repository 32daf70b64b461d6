"""Notify the person of events, each once: from the UI state, the activation and trusted time.

Some events are instants of the license, which pass without a message from the daemon. Qt's timers
stop while the machine sleeps, so in grace the notifier checks once a minute; otherwise it sleeps.
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec
from PySide6.QtCore import QObject, QTimer, Signal

from keystead.instants import MINUTE_MS
from keystead.local_api import ActivationView
from keystead_client.desktop.models.app_state import Operation, now_ms
from keystead_client.desktop.models.notifications import (
    Event,
    NotificationDecision,
    decide_notification,
    may_be_renewed,
    next_check_ms,
)
from keystead_client.desktop.store import Store
from keystead_client.desktop.ui_state_file import UiStateFile


class Notifier(QObject):
    #: (Event, ActivationView when it was found)
    notify = Signal(object, object)

    def __init__(
        self,
        store: Store,
        ui_state: UiStateFile,
        refresh: Callable[[], None],
        *,
        clock: Callable[[], int],
        watched: Callable[[], bool],
        parent: QObject,
    ) -> None:
        """``clock`` returns the milliseconds since boot.

        ``watched`` says whether the person is looking at the window. ``refresh`` asks the billing
        service without showing an error.
        """
        super().__init__(parent)
        self._store, self._ui_state, self._refresh = store, ui_state, refresh
        self._clock, self._watched = clock, watched
        self._refreshed_for: tuple[str, ...] | None = None
        self._next = QTimer(self, singleShot=True)
        self._next.timeout.connect(self.check)
        store.changed.connect(self.check)
        ui_state.ready.connect(self.check)

    def check(self) -> None:
        """Notify of what has happened by now."""
        state, saved = self._store.state, self._ui_state.value
        # The person may have switched notifications off: wait until the settings are known.
        if state.view is None or state.settings is None or saved is None:
            return
        if Operation.REFRESH in state.in_progress:
            return
        now = now_ms(state, self._clock())
        view = msgspec.structs.replace(state.view, now=now)
        decision = decide_notification(
            saved.notified,
            view,
            now,
            watched=self._watched(),
            wanted=state.settings.notifications,
        )
        if decision.notified != saved.notified and not self._refresh_first(view, decision):
            self._ui_state.save(
                msgspec.structs.replace(saved, notified=decision.notified),
                lambda: self._emit(decision.event, view),
            )
        due_ms = next_check_ms(view, now)
        if due_ms is None:
            self._next.stop()
        else:
            self._next.start(min(due_ms, MINUTE_MS))

    def _refresh_first(self, view: ActivationView, decision: NotificationDecision) -> bool:
        """Refresh before an alarm that a renewal since the last refresh would make wrong."""
        if decision.event is None or not may_be_renewed(view):
            return False
        if decision.notified == self._refreshed_for:
            return False
        self._refreshed_for = decision.notified
        self._refresh()
        return True

    def _emit(self, event: Event | None, view: ActivationView) -> None:
        if event is not None:
            self.notify.emit(event, view)
