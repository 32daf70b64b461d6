"""What the window remembers across starts: what was told of, and what was said once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import msgspec
from PySide6.QtCore import QObject, Signal

from keystead.errors import KeysteadError
from keystead.files import read_file, replace_atomically
from keystead_client.desktop.background_task import BackgroundTask
from keystead_client.desktop.models.notifications import MAX_MARKS

#: Bytes of the largest file that is read: `MAX_MARKS` marks are a tenth of it.
_LARGEST = MAX_MARKS * 512


class UiState(msgspec.Struct, frozen=True):
    """``told``: the marks of `models.notifications`. ``said``: ids of what is said only once."""

    told: tuple[str, ...] = ()
    said: tuple[str, ...] = ()


class UiStateFile(QObject):
    """The file of one home; read and replaced off to the side.

    A file that cannot be read is as good as none. One that cannot be written loses its news with
    this process: rather told once more after the next start than not at all.
    """

    #: it was read
    ready = Signal()

    def __init__(self, path: Path, parent: QObject) -> None:
        super().__init__(parent)
        self._value: UiState | None = None
        self._unsaved = False
        self._then: list[Callable[[], None]] = []
        self._reading = BackgroundTask(lambda: read_ui_state(path), self)
        self._reading.done.connect(self._take)
        self._saving = BackgroundTask(lambda data: replace_atomically(path, data), self)
        self._saving.done.connect(self._saved)
        self._saving.failed.connect(self._saved)
        self._busy = False

    @property
    def value(self) -> UiState | None:
        """None before it was read."""
        return self._value

    def read(self) -> None:
        """Begin to read; `ready` follows."""
        self._reading.begin()

    def keep(self, value: UiState, then: Callable[[], None]) -> None:
        """Remember this from now on, and do ``then`` once it is kept for the next start too."""
        self._value = value
        self._then.append(then)
        self._unsaved = True
        self._save()

    def _take(self, value: UiState) -> None:
        self._value = value
        self.ready.emit()

    def _save(self) -> None:
        if self._unsaved and not self._busy:
            self._unsaved, self._busy = False, True
            self._saving.begin(msgspec.json.encode(self._value))

    def _saved(self, _outcome: object) -> None:
        self._busy = False
        if self._unsaved:
            # What came meanwhile is not kept yet, and its turn comes with it.
            self._save()
            return
        waiting, self._then = self._then, []
        for then in waiting:
            then()


def read_ui_state(path: Path) -> UiState:
    """What the file holds; nothing where it is missing or damaged."""
    try:
        return msgspec.json.decode(read_file(path, _LARGEST) or b"{}", type=UiState)
    except (KeysteadError, msgspec.DecodeError, UnicodeDecodeError):
        return UiState()
