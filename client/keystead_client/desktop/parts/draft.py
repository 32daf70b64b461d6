"""What a person typed on a page, and where the focus is, to survive a rebuild of the page."""

from __future__ import annotations

from typing import NamedTuple, Self

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractSpinBox, QLineEdit, QPlainTextEdit, QScrollArea, QWidget


class Draft(NamedTuple):
    """The texts of a page's fields, its focused control, and how far it is scrolled.

    The same code builds the page again, so its controls have the same order.
    """

    lines: tuple[str, ...]
    texts: tuple[str, ...]
    keyboard: int | None
    scrolled: int

    @classmethod
    def of(cls, page: QScrollArea) -> Self:
        keyboard = next((at for at, one in enumerate(_controls(page)) if one.hasFocus()), None)
        return cls(
            tuple(one.text() for one in _lines(page)),
            tuple(one.toPlainText() for one in page.findChildren(QPlainTextEdit)),
            keyboard,
            page.verticalScrollBar().value(),
        )

    def give_to(self, page: QScrollArea) -> None:
        """Restore everything that the page has a control for."""
        for line, text in zip(_lines(page), self.lines, strict=False):
            if line.text() != text:
                line.setText(text)
        for field, text in zip(page.findChildren(QPlainTextEdit), self.texts, strict=False):
            if field.toPlainText() != text:
                field.setPlainText(text)
        controls = _controls(page)
        if self.keyboard is not None and self.keyboard < len(controls):
            controls[self.keyboard].setFocus()
        page.verticalScrollBar().setValue(self.scrolled)


def _lines(page: QScrollArea) -> list[QLineEdit]:
    # Numbers come from the model, and are shown in the language's own digits.
    return [
        one
        for one in page.findChildren(QLineEdit)
        if not isinstance(one.parent(), QAbstractSpinBox)
    ]


def _controls(page: QScrollArea) -> list[QWidget]:
    return [
        one for one in page.findChildren(QWidget) if one.focusPolicy() & Qt.FocusPolicy.TabFocus
    ]
