"""Work that may wait (files, starting a process) off to the side, its outcome as a signal."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from threading import Thread
from typing import Any

from PySide6.QtCore import QObject, Signal

from keystead.errors import KeysteadError


class Aside(QObject):
    """One kind of work, once at a time; it ends with a value or with a KeysteadError."""

    done = Signal(object)
    failed = Signal(object)

    def __init__(self, work: Callable[..., Any], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._work = work
        self._under_way = False
        self.done.connect(self._rest)
        self.failed.connect(self._rest)

    def begin(self, *arguments: Any) -> None:
        """Begin; `done` or `failed` follows. While it is under way nothing happens."""
        if not self._under_way:
            self._under_way = True
            # A window that is closed meanwhile does not wait for it.
            Thread(target=self._carry_out, args=arguments, daemon=True).start()

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
        self._under_way = False
