"""A card with rows and a hairline between them."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtWidgets import QFrame, QLayoutItem, QVBoxLayout, QWidget

from keystead_client.desktop.theme import GAP, set_role


class RowList(QFrame):
    def __init__(self) -> None:
        super().__init__()
        set_role(self, "card")
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(2 * GAP, GAP // 2, 2 * GAP, GAP // 2)
        self._column.setSpacing(0)
        self.hide()

    def show_rows(self, rows: Iterable[QWidget]) -> None:
        """Replace all rows; without any the card is hidden."""
        while (item := self._column.takeAt(0)) is not None:
            _forget(item)
        for row in rows:
            if self._column.count():
                self._column.addWidget(_hairline())
            self._column.addWidget(row)
        self.setVisible(self._column.count() > 0)

    def replace_row(self, place: int, row: QWidget) -> None:
        """Replace one row; the others keep their widgets."""
        at = 2 * place
        item = self._column.takeAt(at)
        if item is not None:
            _forget(item)
        self._column.insertWidget(at, row)


def _hairline() -> QFrame:
    line = QFrame()
    line.setFixedHeight(1)
    set_role(line, "rule")
    return line


def _forget(item: QLayoutItem) -> None:
    if (widget := item.widget()) is not None:
        # deleteLater takes effect in a later turn of the event loop; until then it would be seen.
        widget.hide()
        widget.deleteLater()
