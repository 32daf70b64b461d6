"""Buttons that the Return key presses too, as people expect of them."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QPushButton

from keystead_client.desktop.theme import set_role


class Button(QPushButton):
    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Return and Enter press it; the rest is Qt's."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.click()
        else:
            super().keyPressEvent(event)


def button(text: str, role: str = "secondary") -> Button:
    """A button as ``primary``, ``secondary``, ``plain`` or ``danger``.

    ``&`` in the text marks its letter.
    """
    made = Button(text)
    set_role(made, role)
    return made
