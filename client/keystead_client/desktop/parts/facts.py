"""A card with a label and a value a line."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QWidget

from keystead_client.desktop.parts.labels import align_end, label
from keystead_client.desktop.parts.row_list import RowList
from keystead_client.desktop.theme import GAP
from keystead_client.presentation import Fact


class Facts(RowList):
    def __init__(self) -> None:
        super().__init__()
        self._names: list[str] = []
        self._values: list[QLabel] = []

    def show_facts(self, facts: Sequence[Fact]) -> None:
        """Show the facts, in order."""
        if [fact.name for fact in facts] != self._names:
            self._names = [fact.name for fact in facts]
            self._values = [label("body") for _ in facts]
            self.show_rows(map(_row, facts, self._values))
        for fact, value in zip(facts, self._values, strict=True):
            value.setText(fact.value)
            value.setAccessibleName(f"{fact.label}: {fact.value}")


def _row(fact: Fact, value: QLabel) -> QWidget:
    name, row = label("muted", fact.label), QWidget()
    align_end(value)
    value.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    line = QHBoxLayout(row)
    line.setContentsMargins(0, GAP * 3 // 4, 0, GAP * 3 // 4)
    line.setSpacing(2 * GAP)
    # A wrapping label asks for less than its full width, so both get a fixed share of the row.
    line.addWidget(name, 2, Qt.AlignmentFlag.AlignTop)
    line.addWidget(value, 3, Qt.AlignmentFlag.AlignTop)
    return row
