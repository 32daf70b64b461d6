"""The looks of diagnostics, one after another, each off to the side and within its limit."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from PySide6.QtCore import QObject, QTimer, Signal

from keystead.checks import Look, ends_here, late
from keystead.local_api import Check
from keystead_client.desktop.background_task import BackgroundTask


class Examination(Protocol):
    """`keystead_client.doctor.Examination`: one round, and what becomes known in it."""

    def look(self, look: Look) -> tuple[Check, ...]:
        """Carry out one look; it may wait."""
        ...


class CheckRunner(QObject):
    """One round at a time. A look that hangs is left behind: what it says later is not heard."""

    #: Look: this one is under way
    begun = Signal(object)
    #: tuple[Check, ...]: what it came to
    found = Signal(object)
    #: the round is over
    ended = Signal()

    def __init__(
        self,
        looks: tuple[Look, ...],
        examine: Callable[[], Examination],
        parent: QObject | None = None,
    ) -> None:
        """``examine`` begins a round; it may wait."""
        super().__init__(parent)
        self._looks, self._examine = looks, examine
        self._waiting: list[Look] = []
        self._under_way: _One | None = None

    def start(self) -> None:
        """Begin a round, in the place of one that is under way."""
        self._leave()
        self._waiting = list(self._looks)
        self._examination = _BegunAside(self._examine)
        # There is a page to be seen first, and a thread that begins holds everything up a little.
        QTimer.singleShot(0, self, self._go_on)

    def stop(self) -> None:
        """Look at nothing more."""
        self._leave()
        self._waiting = []

    def _go_on(self) -> None:
        if not self._waiting:
            self.ended.emit()
            return
        look = self._waiting.pop(0)
        one = self._under_way = _One(look, self._examination, self)
        one.settled.connect(self._settled)
        self.begun.emit(look)
        one.begin()

    def _settled(self, look: Look, checks: tuple[Check, ...]) -> None:
        self._leave()
        if ends_here(look, checks):
            self._waiting = []
        self.found.emit(checks)
        self._go_on()

    def _leave(self) -> None:
        if self._under_way is not None:
            self._under_way.leave()
            self._under_way = None


class _BegunAside:
    """An `Examination` that begins with its first look: there is a lot to load for it."""

    def __init__(self, begin: Callable[[], Examination]) -> None:
        self._begin = begin
        self._begun: Examination | None = None

    def look(self, look: Look) -> tuple[Check, ...]:
        if self._begun is None:
            self._begun = self._begin()
        return self._begun.look(look)


class _One(QObject):
    """One look: it settles once, by itself or by its limit."""

    #: (Look, tuple[Check, ...])
    settled = Signal(object, object)

    def __init__(self, look: Look, examination: Examination, parent: QObject) -> None:
        super().__init__(parent)
        self._look, self._left = look, False
        self._limit = QTimer(self, singleShot=True, interval=int(look.limit_s * 1000))
        self._limit.timeout.connect(self._passed)
        self._aside = BackgroundTask(examination.look, self)
        self._aside.done.connect(self._done)

    def begin(self) -> None:
        self._limit.start()
        self._aside.begin(self._look)

    def leave(self) -> None:
        """Nobody waits for it any more; it lives for as long as its thread."""
        self._left = True
        self._limit.stop()

    def _done(self, checks: tuple[Check, ...]) -> None:
        if not self._left:
            self.settled.emit(self._look, checks)
        self.deleteLater()

    def _passed(self) -> None:
        self.settled.emit(self._look, late(self._look))
