"""A whole number to type, with buttons for one more and one less."""

from __future__ import annotations

from PySide6.QtCore import QLocale, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QSpinBox, QWidget

from keystead_client.desktop.models.catalog import tr
from keystead_client.desktop.parts.buttons import Button, button
from keystead_client.desktop.theme import GAP


class Stepper(QWidget):
    #: the number that was chosen
    changed = Signal(int)

    def __init__(self, name: str, fewer: str, more: str) -> None:
        """The three texts are for screen readers: the number and the two buttons."""
        super().__init__()
        self.field = QSpinBox()
        self.field.setLocale(QLocale(tr.language.tag))
        self.field.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.field.setAccessibleName(name)
        self.field.valueChanged.connect(self._value_changed)
        self._fewer, self._more = self._side("−", fewer), self._side("+", more)  # noqa: RUF001
        self._fewer.clicked.connect(self.field.stepDown)
        self._more.clicked.connect(self.field.stepUp)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(GAP // 2)
        for one in (self._fewer, self.field, self._more):
            row.addWidget(one)
        self.setFocusProxy(self.field)

    def show_number(self, least: int, most: int, value: int) -> None:
        """Show a number and its limits without emitting `changed`."""
        self.field.blockSignals(True)
        self.field.setRange(least, most)
        self.field.setValue(value)
        self.field.blockSignals(False)
        self._grey()

    def _value_changed(self, value: int) -> None:
        self._grey()
        self.changed.emit(value)

    def _grey(self) -> None:
        self._fewer.setEnabled(self.field.value() > self.field.minimum())
        self._more.setEnabled(self.field.value() < self.field.maximum())

    def _side(self, text: str, name: str) -> Button:
        made = button(text, "step")
        made.setAccessibleName(name)
        return made
