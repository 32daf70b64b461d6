"""Run the checks of diagnostics one after another, each in the background with a time limit."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from PySide6.QtCore import QObject, QTimer, Signal

from keystead.checks import CheckSpec, stops_run, timed_out
from keystead.local_api import Check
from keystead_client.desktop.background_task import BackgroundTask


class Examination(Protocol):
    """`keystead_client.doctor.Examination`: one run of the checks and what it has learned."""

    def run(self, spec: CheckSpec) -> tuple[Check, ...]:
        """Carry out one spec; may block."""
        ...


class CheckRunner(QObject):
    """One run at a time. The results of a check that exceeded its limit are ignored."""

    #: CheckSpec: it is running now
    started = Signal(object)
    #: tuple[Check, ...]: the results of one spec
    found = Signal(object)
    #: the run is over
    ended = Signal()

    def __init__(
        self,
        specs: tuple[CheckSpec, ...],
        examine: Callable[[], Examination],
        parent: QObject | None = None,
    ) -> None:
        """``examine`` begins an examination; it may block."""
        super().__init__(parent)
        self._specs, self._examine = specs, examine
        self._waiting: list[CheckSpec] = []
        self._running: _RunningCheck | None = None

    def start(self) -> None:
        """Begin a run; one that is under way is abandoned."""
        self._abandon()
        self._waiting = list(self._specs)
        self._examination = _LazyExamination(self._examine)
        # The page is painted first: starting a thread delays the event loop a little.
        QTimer.singleShot(0, self, self._run_next)

    def stop(self) -> None:
        """Run nothing more."""
        self._abandon()
        self._waiting = []

    def _run_next(self) -> None:
        if not self._waiting:
            self.ended.emit()
            return
        spec = self._waiting.pop(0)
        check = self._running = _RunningCheck(spec, self._examination, self)
        check.settled.connect(self._settled)
        self.started.emit(spec)
        check.begin()

    def _settled(self, spec: CheckSpec, checks: tuple[Check, ...]) -> None:
        self._abandon()
        if stops_run(spec, checks):
            self._waiting = []
        self.found.emit(checks)
        self._run_next()

    def _abandon(self) -> None:
        if self._running is not None:
            self._running.abandon()
            self._running = None


class _LazyExamination:
    """An `Examination` that begins with its first check, because beginning loads much code."""

    def __init__(self, begin: Callable[[], Examination]) -> None:
        self._begin = begin
        self._examination: Examination | None = None

    def run(self, spec: CheckSpec) -> tuple[Check, ...]:
        if self._examination is None:
            self._examination = self._begin()
        return self._examination.run(spec)


class _RunningCheck(QObject):
    """One spec being run; `settled` is emitted once, with its results or when its limit passes."""

    #: (CheckSpec, tuple[Check, ...])
    settled = Signal(object, object)

    def __init__(self, spec: CheckSpec, examination: Examination, parent: QObject) -> None:
        super().__init__(parent)
        self._spec, self._abandoned = spec, False
        self._limit = QTimer(self, singleShot=True, interval=int(spec.limit_s * 1000))
        self._limit.timeout.connect(self._time_out)
        self._task = BackgroundTask(examination.run, self)
        self._task.done.connect(self._done)

    def begin(self) -> None:
        self._limit.start()
        self._task.begin(self._spec)

    def abandon(self) -> None:
        """Ignore the results. The object lives as long as its thread, which cannot be stopped."""
        self._abandoned = True
        self._limit.stop()

    def _done(self, checks: tuple[Check, ...]) -> None:
        if not self._abandoned:
            self.settled.emit(self._spec, checks)
        self.deleteLater()

    def _time_out(self) -> None:
        self.settled.emit(self._spec, timed_out(self._spec))
