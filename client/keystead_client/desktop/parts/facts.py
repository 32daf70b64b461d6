"""Lines of a label and a value."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QLabel, QWidget

from keystead_client.desktop.parts.labels import label
from keystead_client.desktop.theme import GAP
from keystead_client.presentation import Fact


class Facts(QWidget):
    def __init__(self) -> None:
        super().__init__()
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(2 * GAP)
        self._grid.setVerticalSpacing(GAP)
        self._grid.setColumnStretch(1, 1)
        self._names: list[str] = []
        self._rows: list[tuple[QLabel, QLabel]] = []

    def show_facts(self, facts: Sequence[Fact]) -> None:
        """Show these, in their order."""
        if [fact.name for fact in facts] != self._names:
            self._rebuild(facts)
        for fact, (_, value) in zip(facts, self._rows, strict=True):
            value.setText(fact.value)
            value.setAccessibleName(f"{fact.label}: {fact.value}")

    def _rebuild(self, facts: Sequence[Fact]) -> None:
        for row in self._rows:
            for one in row:
                self._grid.removeWidget(one)
                one.hide()
                one.deleteLater()
        self._names = [fact.name for fact in facts]
        self._rows = []
        for line, fact in enumerate(facts):
            name, value = label("muted", fact.label), label("strong")
            name.setWordWrap(False)
            value.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            self._grid.addWidget(name, line, 0, Qt.AlignmentFlag.AlignTop)
            self._grid.addWidget(value, line, 1, Qt.AlignmentFlag.AlignTop)
            self._rows.append((name, value))
