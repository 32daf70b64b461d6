"""A few options side by side, as radio buttons."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QAbstractButton, QButtonGroup, QRadioButton, QWidget

from keystead_client.desktop.models.catalog import tr
from keystead_client.desktop.models.settings import Option
from keystead_client.desktop.parts.flow_layout import FlowLayout


class RadioGroup(QWidget):
    #: the chosen value
    chosen = Signal(str)

    def __init__(self, group: str, values: Sequence[str]) -> None:
        """``group`` is a setting; its messages have ids that begin with it."""
        super().__init__()
        self.setAccessibleName(tr(f"settings.{group}"))
        self._group, row = QButtonGroup(self), FlowLayout(self)
        self._radios = {one: QRadioButton(tr(f"{group}.{one}")) for one in values}
        for radio in self._radios.values():
            self._group.addButton(radio)
            row.addWidget(radio)
        # Emitted for the person's click only, unlike buttonToggled, and so not by show_options.
        self._group.buttonClicked.connect(self._clicked)

    def show_options(self, options: Sequence[Option]) -> None:
        """Show which option is chosen."""
        for option in options:
            self._radios[option.value].setChecked(option.chosen)

    def _clicked(self, radio: QAbstractButton) -> None:
        self.chosen.emit(next(value for value, one in self._radios.items() if one is radio))
