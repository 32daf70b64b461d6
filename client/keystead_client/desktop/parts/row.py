"""A row of a list: a name with a badge, details, and a button."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from keystead_client.desktop.parts.labels import label
from keystead_client.desktop.theme import GAP, set_tone


class Row(QWidget):
    def __init__(self, name: str, *, details: Iterable[QWidget] = ()) -> None:
        super().__init__()
        self._heading = QHBoxLayout()
        self._heading.setSpacing(GAP)
        self._heading.addWidget(label("strong", name))
        words = QVBoxLayout()
        words.setSpacing(GAP // 4)
        words.addLayout(self._heading)
        for one in details:
            words.addWidget(one)
        self._line = QHBoxLayout(self)
        self._line.setContentsMargins(0, GAP, 0, GAP)
        self._line.setSpacing(2 * GAP)
        self._line.addLayout(words, 1)

    def set_symbol(self, sign: QWidget) -> None:
        """Put a symbol before the text."""
        self._line.insertWidget(0, sign, 0, Qt.AlignmentFlag.AlignTop)

    def add_badge(self, status: str, tone: str) -> None:
        """Put a badge beside the name."""
        self._heading.addWidget(badge(status, tone), 0, Qt.AlignmentFlag.AlignVCenter)
        self._heading.addStretch(1)

    def set_action(self, action: QWidget) -> None:
        """Put a button at the end."""
        self._line.addWidget(action, 0, Qt.AlignmentFlag.AlignVCenter)


def badge(text: str, tone: str) -> QLabel:
    """Create a badge: a word or two on the background of a tone."""
    made = label("badge", text)
    made.setWordWrap(False)
    set_tone(made, tone)
    return made
