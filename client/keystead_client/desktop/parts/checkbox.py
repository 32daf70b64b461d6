"""A checkbox with a line of explanation."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QCheckBox, QStyle, QStyleOptionButton, QVBoxLayout, QWidget

from keystead_client.desktop.parts.labels import label
from keystead_client.desktop.theme import GAP

# As fractions of the box.
_TICK = ((0.25, 0.52), (0.43, 0.70), (0.76, 0.32))

#: Logical pixels from the box's left edge to its text.
_INDENT = 30


class _Box(QCheckBox):
    """A checkbox that draws its own tick, in the text colour of the accent."""

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if not self.isChecked():
            return
        # A style sheet can draw a tick only from an image file, which could not follow the colours.
        option = QStyleOptionButton()
        self.initStyleOption(option)
        part = QStyle.SubElement.SE_CheckBoxIndicator
        box = QRectF(self.style().subElementRect(part, option, self))
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(self.palette().highlightedText().color(), 2))
        along = [QPointF(box.width() * x, box.height() * y) for x, y in _TICK]
        painter.drawPolyline([box.topLeft() + point for point in along])
        painter.end()


class CheckBox(QWidget):
    #: whether it should be on
    wanted = Signal(bool)

    def __init__(self, name: str, note: str) -> None:
        super().__init__()
        self._box, explanation = _Box(name), label("muted", note)
        self._box.setAccessibleDescription(note)
        explanation.setIndent(_INDENT)
        # Emitted for the person's click only, unlike toggled, and so not by show_state.
        self._box.clicked.connect(self.wanted)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GAP // 2)
        # No wider than its text, or a click beside it would not count.
        column.addWidget(self._box, 0, Qt.AlignmentFlag.AlignLeft)
        column.addWidget(explanation)

    def show_state(self, *, on: bool, enabled: bool) -> None:
        """Show whether it is on, and whether it can be changed."""
        self._box.setChecked(on)
        self._box.setEnabled(enabled)
