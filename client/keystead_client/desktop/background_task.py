"""Work that may wait (files, starting a process) off to the side, its outcome as a signal.

While another thread runs Python, nothing is collected as garbage: whichever thread allocates
collects, and a Qt object that ends in a thread that is not its own takes the process with it.
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
    """One kind of work, once at a time; it ends with a value or with a KeysteadError."""

    done = Signal(object)
    failed = Signal(object)

    def __init__(self, work: Callable[..., Any], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._work = work
        self._thread: Thread | None = None
        self.done.connect(self._rest)
        self.failed.connect(self._rest)

    def begin(self, *arguments: Any) -> None:
        """Begin; `done` or `failed` follows. While it is under way nothing happens."""
        if self._thread is None:
            _collector.pause()
            # A window that is closed meanwhile does not wait for it.
            self._thread = Thread(target=self._carry_out, args=arguments, daemon=True)
            self._thread.start()

    def _carry_out(self, *arguments: Any) -> None:
        try:
            value = self._work(*arguments)
        except KeysteadError as error:
            self._tell(self.failed, error)
        else:
            self._tell(self.done, value)

    def _tell(self, signal: Any, value: object) -> None:
        # The window may be gone by now, and this object with it.
        with suppress(RuntimeError):
            signal.emit(value)

    def _rest(self) -> None:
        if self._thread is not None:
            # It has said its last word, and ends at once.
            self._thread.join()
            self._thread = None
            _collector.go_on()


class _Collector:
    """The garbage collector of this process, which is back as it was when all work is done."""

    def __init__(self) -> None:
        self._pauses = 0
        self._was_on = True

    def pause(self) -> None:
        if self._pauses == 0:
            self._was_on = gc.isenabled()
            gc.disable()
        self._pauses += 1

    def go_on(self) -> None:
        self._pauses -= 1
        if self._pauses == 0 and self._was_on:
            gc.enable()


_collector = _Collector()
