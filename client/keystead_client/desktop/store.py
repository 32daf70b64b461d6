"""Hold the window's state: one frozen value, replaced as a whole, and a signal when it changes."""

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
        """Replace fields of the state."""
        self.replace(msgspec.structs.replace(self.state, **changes))

    def replace(self, state: AppState) -> None:
        """Replace the state; `changed` is emitted if it differs."""
        if state != self.state:
            self.state = state
            self.changed.emit()

    def begin(self, operation: Operation, **changes: Any) -> bool:
        """Note that an operation is in progress; return False if it already was."""
        if operation in self.state.in_progress:
            return False
        self.put(in_progress=self.state.in_progress | {operation}, **changes)
        return True

    def end(self, operation: Operation, **changes: Any) -> None:
        """Note that an operation has ended."""
        self.put(in_progress=self.state.in_progress - {operation}, **changes)

    def set_view(self, view: ActivationView, boot_ms: int) -> None:
        """Take over an activation that the daemon sent; ``boot_ms`` is when it arrived."""
        self.replace(with_view(self.state, view, boot_ms))
