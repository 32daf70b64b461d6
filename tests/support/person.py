"""A simulated user of a window: reads what it shows and operates its widgets by their labels."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QComboBox,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QProgressBar,
    QSpinBox,
    QWidget,
)
from pytestqt.qtbot import QtBot

#: Milliseconds; long enough for busy machines.
PATIENCE_MS = 60_000


class Person:
    """A user of a window, who finds widgets only by their visible or accessible text."""

    def __init__(self, bot: QtBot, window: QWidget, patience_ms: int = PATIENCE_MS) -> None:
        self.bot, self.window, self._patience_ms = bot, window, patience_ms

    def reads(self) -> list[str]:
        """Return all visible texts."""
        return [text for one in self._visible() if (text := written(one))]

    def sees(self, *texts: str) -> None:
        """Wait until each of these is part of a visible text."""
        self._until(lambda: all(self._reads_one(text) for text in texts), f"to read {texts}")

    def hears(self, text: str) -> None:
        """Wait until this is part of a widget's accessible name."""
        self._until(
            lambda: any(text in read_out(one) for one in self._visible()), f"to hear {text}"
        )

    def sees_no(self, text: str) -> None:
        """Wait until this is part of no visible text."""
        self._until(lambda: not self._reads_one(text), f"to read no more: {text}")

    def clicks(self, name: str) -> None:
        """Click a button by its text or accessible name, once it is enabled."""
        self._until(lambda: self._enabled(name), f"to press {name}")
        QTest.mouseClick(self.button(name), Qt.MouseButton.LeftButton)

    def button(self, name: str) -> QAbstractButton:
        """Return the button with this text or accessible name."""
        buttons = [one for one in self._visible() if isinstance(one, QAbstractButton)]
        named = [one for one in buttons if name in (written(one), read_out(one))]
        assert len(named) == 1, f"{name!r} among {[written(one) for one in buttons]}"
        return named[0]

    def can_press(self, name: str) -> bool:
        """Return whether a button of this name is enabled."""
        return self._enabled(name)

    def field(self, name: str) -> QWidget:
        """Return the input field with this accessible name."""
        fields = [
            one for one in self._visible() if isinstance(one, QLineEdit | QPlainTextEdit | QSpinBox)
        ]
        named = [one for one in fields if read_out(one) == name]
        assert len(named) == 1, f"{name!r} among {[read_out(one) for one in fields]}"
        return named[0]

    def types(self, name: str, text: str) -> None:
        """Replace the text in a field."""
        field = self.field(name)
        field.setFocus()
        QTest.keyClick(field, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
        QTest.keyClicks(field, text)

    def picks(self, name: str, choice: str) -> None:
        """Open the list with this label and choose an entry."""
        labels = [one for one in self._visible() if isinstance(one, QLabel)]
        (found,) = (one.buddy() for one in labels if written(one) == name and one.buddy())
        assert isinstance(found, QComboBox)
        self._until(found.isEnabled, f"to open {name}")
        QTest.mouseClick(found, Qt.MouseButton.LeftButton)
        shown = found.view()
        self._until(shown.isVisible, f"to see the list {name}")
        (at,) = (at for at in range(found.count()) if found.itemText(at) == choice)
        shown.setCurrentIndex(found.model().index(at, found.modelColumn()))
        QTest.keyClick(shown, Qt.Key.Key_Return)

    def presses(self, key: Qt.Key, modifier: Qt.KeyboardModifier | None = None) -> None:
        """Press a key in the widget that has the focus."""
        where = QApplication.focusWidget() or self.window
        QTest.keyClick(where, key, modifier or Qt.KeyboardModifier.NoModifier)

    def sees_progress(self) -> bool:
        """Return whether a progress bar is visible."""
        return any(isinstance(one, QProgressBar) for one in self._visible())

    def _enabled(self, name: str) -> bool:
        return any(
            one.isEnabled() and name in (written(one), read_out(one))
            for one in self._visible()
            if isinstance(one, QAbstractButton)
        )

    def _reads_one(self, text: str) -> bool:
        return any(text in one for one in self.reads())

    def _until(self, holds: Callable[[], bool], what: str) -> None:
        try:
            self.bot.waitUntil(holds, timeout=self._patience_ms)
        except self.bot.TimeoutError:
            raise AssertionError(f"waited in vain {what}; there is {self.reads()}") from None

    def _visible(self) -> list[QWidget]:
        return [one for one in self.window.findChildren(QWidget) if one.isVisible()]


def written(widget: QWidget) -> str:
    """Return a widget's text without the mark of its shortcut."""
    match widget:
        case QLabel() | QAbstractButton():
            return widget.text().replace("&&", "\0").replace("&", "").replace("\0", "&")
        case QLineEdit():
            return widget.text()
        case QPlainTextEdit():
            return widget.toPlainText()
        case QComboBox():
            return widget.currentText()
    return ""


def read_out(widget: QWidget) -> str:
    """Return the name that a screen reader reads out."""
    interface = QAccessible.queryAccessibleInterface(widget)
    return interface.text(QAccessible.Text.Name) if interface else ""
