"""The window's state: one frozen value, replaced whole, and a signal when it was."""

from __future__ import annotations

from typing import Any

import msgspec
from PySide6.QtCore import QObject, Signal

from keystead.local_api import ActivationView
from keystead_client.desktop.models.app_state import AppState, Operation, with_view


class Store(QObject):
    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.state = AppState()

    def put(self, **changes: Any) -> None:
        """Replace what is named of `AppState`."""
        self.replace(msgspec.structs.replace(self.state, **changes))

    def replace(self, state: AppState) -> None:
        """Take another value in the place of this one; who shows it is told where it differs."""
        if state != self.state:
            self.state = state
            self.changed.emit()

    def begin(self, operation: Operation, **changes: Any) -> bool:
        """Note that something is under way; False where it already was."""
        if operation in self.state.in_progress:
            return False
        self.put(in_progress=self.state.in_progress | {operation}, **changes)
        return True

    def end(self, operation: Operation, **changes: Any) -> None:
        """Note that it is not under way any more."""
        self.put(in_progress=self.state.in_progress - {operation}, **changes)

    def look_at(self, view: ActivationView, boot_ms: int) -> None:
        """Take over what the daemon says of the activation."""
        self.replace(with_view(self.state, view, boot_ms))
