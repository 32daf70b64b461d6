"""Run blocking work (files, starting a process) in a thread; its outcome arrives as a signal.

Garbage collection is off while such a thread runs. Python collects in whichever thread allocates,
and a Qt object that is destroyed outside its own thread crashes the process.
"""

from __future__ import annotations

import gc
from collections.abc import Callable
from contextlib import suppress
from threading import Thread
from typing import Any

from PySide6.QtCore import QObject, Signal

from keystead.errors import KeysteadError


class BackgroundTask(QObject):
    """One kind of work, one run at a time; it ends with a value or with a KeysteadError."""

    done = Signal(object)
    failed = Signal(object)

    def __init__(self, work: Callable[..., Any], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._work = work
        self._thread: Thread | None = None
        self.done.connect(self._join)
        self.failed.connect(self._join)

    def begin(self, *arguments: Any) -> None:
        """Start the work; `done` or `failed` follows. Does nothing while it is running."""
        if self._thread is None:
            _collector.pause()
            # A daemon thread: closing the window does not wait for it.
            self._thread = Thread(target=self._run, args=arguments, daemon=True)
            self._thread.start()

    def _run(self, *arguments: Any) -> None:
        try:
            value = self._work(*arguments)
        except KeysteadError as error:
            self._emit(self.failed, error)
        else:
            self._emit(self.done, value)

    def _emit(self, signal: Any, value: object) -> None:
        # The window may have been destroyed meanwhile, and this object with it.
        with suppress(RuntimeError):
            signal.emit(value)

    def _join(self) -> None:
        if self._thread is not None:
            # Emitting was its last step, so this returns at once.
            self._thread.join()
            self._thread = None
            _collector.resume()


class _Collector:
    """Python's garbage collector; it is restored when the last task has ended."""

    def __init__(self) -> None:
        self._pauses = 0
        self._was_enabled = True

    def pause(self) -> None:
        if self._pauses == 0:
            self._was_enabled = gc.isenabled()
            gc.disable()
        self._pauses += 1

    def resume(self) -> None:
        self._pauses -= 1
        if self._pauses == 0 and self._was_enabled:
            gc.enable()


_collector = _Collector()
