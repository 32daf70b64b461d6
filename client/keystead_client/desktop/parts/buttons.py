"""Buttons that Return presses too; Qt's own are pressed by Space only."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QPushButton

from keystead_client.desktop.theme import set_role


class Button(QPushButton):
    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Press the button on Return and Enter."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.click()
        else:
            super().keyPressEvent(event)


def button(text: str, role: str = "secondary") -> Button:
    """Create a button in the role ``primary``, ``secondary``, ``plain`` or ``danger``.

    ``&`` in the text marks its mnemonic.
    """
    made = Button(text)
    set_role(made, role)
    return made
