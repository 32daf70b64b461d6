"""Tells of events when they happen, once: by what is remembered, the view, and trusted time.

The instants of a license come by themselves, whether the daemon says something or not. Qt's timers
stand still while the machine sleeps, so in grace it looks once a minute; else nothing wakes it up.
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec
from PySide6.QtCore import QObject, QTimer, Signal

from keystead.instants import MINUTE_MS
from keystead.local_api import ActivationView
from keystead_client.desktop.commands import Commands
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
    #: Event, ActivationView at the moment that it was found
    happened = Signal(object, object)

    def __init__(
        self,
        store: Store,
        ui_state: UiStateFile,
        commands: Commands,
        *,
        clock: Callable[[], int],
        looking: Callable[[], bool],
        parent: QObject,
    ) -> None:
        """``clock``: milliseconds of this boot. ``looking``: somebody is before the window."""
        super().__init__(parent)
        self._store, self._ui_state, self._commands = store, ui_state, commands
        self._clock, self._looking = clock, looking
        self._asked_for: tuple[str, ...] | None = None
        self._next = QTimer(self, singleShot=True)
        self._next.timeout.connect(self.look)
        store.changed.connect(self.look)
        ui_state.ready.connect(self.look)

    def look(self) -> None:
        """Tell what there is to tell now."""
        state, remembered = self._store.state, self._ui_state.value
        # What a person chose decides, and is not known in the first moments.
        if state.view is None or state.settings is None or remembered is None:
            return
        if Operation.REFRESH in state.in_progress:
            return
        now = now_ms(state, self._clock())
        view = msgspec.structs.replace(state.view, now=now)
        found = decide_notification(
            remembered.told,
            view,
            now,
            looking=self._looking(),
            wanted=state.settings.notifications,
        )
        if found.told != remembered.told and not self._asks_first(view, found):
            self._ui_state.keep(
                msgspec.structs.replace(remembered, told=found.told),
                lambda: self._tell(found.event, view),
            )
        due_ms = next_check_ms(view, now)
        if due_ms is None:
            self._next.stop()
        else:
            self._next.start(min(due_ms, MINUTE_MS))

    def _asks_first(self, view: ActivationView, found: NotificationDecision) -> bool:
        """The renewal may have been booked since the daemon asked: nobody is alarmed over that."""
        if found.event is None or not may_be_renewed(view) or found.told == self._asked_for:
            return False
        self._asked_for = found.told
        self._commands.refresh(quietly=True)
        return True

    def _tell(self, event: Event | None, view: ActivationView) -> None:
        if event is not None:
            self.happened.emit(event, view)
