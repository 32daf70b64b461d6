"""The file in which the window keeps what must be shown only once, also after a restart."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import msgspec
from PySide6.QtCore import QObject, Signal

from keystead.errors import KeysteadError
from keystead.files import read_file, replace_atomically
from keystead_client.desktop.background_task import BackgroundTask
from keystead_client.desktop.models.notifications import MAX_MARKS

#: Bytes of the largest file that is read; `MAX_MARKS` marks take a tenth of it.
_LARGEST = MAX_MARKS * 512


class UiState(msgspec.Struct, frozen=True, rename={"notified": "told", "shown": "said"}):
    """``notified``: marks of `models.notifications`. ``shown``: ids of messages shown once."""

    notified: tuple[str, ...] = ()
    shown: tuple[str, ...] = ()


class UiStateFile(QObject):
    """The file of one home, read and replaced in the background.

    An unreadable file counts as empty. If writing fails, the state lives as long as this process:
    showing a message twice is better than losing it.
    """

    #: the file was read
    ready = Signal()

    def __init__(self, path: Path, parent: QObject) -> None:
        super().__init__(parent)
        self._value: UiState | None = None
        self._unsaved = self._saving = False
        self._callbacks: list[Callable[[], None]] = []
        self._reader = BackgroundTask(lambda: read_ui_state(path), self)
        self._reader.done.connect(self._loaded)
        self._writer = BackgroundTask(lambda data: replace_atomically(path, data), self)
        self._writer.done.connect(self._saved)
        self._writer.failed.connect(self._saved)

    @property
    def value(self) -> UiState | None:
        """The state; None until the file was read."""
        return self._value

    def read(self) -> None:
        """Begin to read; `ready` follows."""
        self._reader.begin()

    def save(self, value: UiState, then: Callable[[], None]) -> None:
        """Replace the state, and call ``then`` once it is on disk or could not be written."""
        self._value = value
        self._callbacks.append(then)
        self._unsaved = True
        self._write()

    def _loaded(self, value: UiState) -> None:
        self._value = value
        self.ready.emit()

    def _write(self) -> None:
        if self._unsaved and not self._saving:
            self._unsaved, self._saving = False, True
            self._writer.begin(msgspec.json.encode(self._value))

    def _saved(self, _outcome: object) -> None:
        self._saving = False
        if self._unsaved:
            # The state changed while it was written: the callbacks wait for the newest one.
            self._write()
            return
        callbacks, self._callbacks = self._callbacks, []
        for callback in callbacks:
            callback()


def read_ui_state(path: Path) -> UiState:
    """Read the file; a missing or damaged one is an empty state."""
    try:
        return msgspec.json.decode(read_file(path, _LARGEST) or b"{}", type=UiState)
    except (KeysteadError, msgspec.DecodeError, UnicodeDecodeError):
        return UiState()
