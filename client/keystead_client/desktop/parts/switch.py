"""Something that is on or off, with a line about it."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QCheckBox, QVBoxLayout, QWidget

from keystead_client.desktop.parts.labels import label
from keystead_client.desktop.theme import GAP


class Switch(QWidget):
    #: whether it is to be on
    wanted = Signal(bool)

    def __init__(self, name: str, note: str) -> None:
        super().__init__()
        self._box, told = QCheckBox(name), label("muted", note)
        self._box.setAccessibleDescription(note)
        self._box.clicked.connect(self.wanted)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GAP // 2)
        # No wider than its words: beside them it would not be pressed.
        column.addWidget(self._box, 0, Qt.AlignmentFlag.AlignLeft)
        column.addWidget(told)

    def show_state(self, on: bool | None) -> None:
        """Show how it is; with None, which nobody knows yet, it cannot be changed."""
        self._box.setChecked(bool(on))
        self._box.setEnabled(on is not None)
