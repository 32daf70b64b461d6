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
from keystead_client.desktop.models.app_state import Doing, now_ms
from keystead_client.desktop.models.notifications import (
    Event,
    News,
    may_be_booked,
    news,
    next_look_ms,
)
from keystead_client.desktop.store import Store
from keystead_client.desktop.ui_state_file import Memory


class Newsman(QObject):
    #: Event, ActivationView at the moment that it was found
    happened = Signal(object, object)

    def __init__(
        self,
        store: Store,
        memory: Memory,
        commands: Commands,
        *,
        clock: Callable[[], int],
        looking: Callable[[], bool],
        parent: QObject,
    ) -> None:
        """``clock``: milliseconds of this boot. ``looking``: somebody is before the window."""
        super().__init__(parent)
        self._store, self._memory, self._commands = store, memory, commands
        self._clock, self._looking = clock, looking
        self._asked_for: tuple[str, ...] | None = None
        self._next = QTimer(self, singleShot=True)
        self._next.timeout.connect(self.look)
        store.changed.connect(self.look)
        memory.ready.connect(self.look)

    def look(self) -> None:
        """Tell what there is to tell now."""
        known, remembered = self._store.known, self._memory.value
        # What a person chose decides, and is not known in the first moments.
        if known.view is None or known.settings is None or remembered is None:
            return
        if Doing.REFRESH in known.doing:
            return
        now = now_ms(known, self._clock())
        view = msgspec.structs.replace(known.view, now=now)
        found = news(
            remembered.told,
            view,
            now,
            looking=self._looking(),
            wanted=known.settings.notifications,
        )
        if found.told != remembered.told and not self._asks_first(view, found):
            self._memory.keep(
                msgspec.structs.replace(remembered, told=found.told),
                lambda: self._tell(found.event, view),
            )
        due_ms = next_look_ms(view, now)
        if due_ms is None:
            self._next.stop()
        else:
            self._next.start(min(due_ms, MINUTE_MS))

    def _asks_first(self, view: ActivationView, found: News) -> bool:
        """The renewal may have been booked since the daemon asked: nobody is alarmed over that."""
        if found.event is None or not may_be_booked(view) or found.told == self._asked_for:
            return False
        self._asked_for = found.told
        self._commands.refresh(quietly=True)
        return True

    def _tell(self, event: Event | None, view: ActivationView) -> None:
        if event is not None:
            self.happened.emit(event, view)
