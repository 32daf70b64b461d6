"""The window's state: one frozen value, replaced whole, and a signal when it was."""

from __future__ import annotations

from typing import Any

import msgspec
from PySide6.QtCore import QObject, Signal

from keystead.local_api import ActivationView
from keystead_client.desktop.models.app_state import Doing, Known, with_view


class Store(QObject):
    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.known = Known()

    def put(self, **changes: Any) -> None:
        """Replace what is named of `Known`."""
        self.replace(msgspec.structs.replace(self.known, **changes))

    def replace(self, known: Known) -> None:
        """Take another value in the place of this one; who shows it is told where it differs."""
        if known != self.known:
            self.known = known
            self.changed.emit()

    def begin(self, doing: Doing, **changes: Any) -> bool:
        """Note that something is under way; False where it already was."""
        if doing in self.known.doing:
            return False
        self.put(doing=self.known.doing | {doing}, **changes)
        return True

    def end(self, doing: Doing, **changes: Any) -> None:
        """Note that it is not under way any more."""
        self.put(doing=self.known.doing - {doing}, **changes)

    def look_at(self, view: ActivationView, boot_ms: int) -> None:
        """Take over what the daemon says of the activation."""
        self.replace(with_view(self.known, view, boot_ms))
