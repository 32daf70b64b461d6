"""The features of a plan, each with a tick."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPalette, QPen, QPolygonF
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from keystead_client.desktop.parts.labels import label
from keystead_client.desktop.theme import GAP

# On a field of one by one.
_TICK = ((0.1, 0.55), (0.38, 0.82), (0.9, 0.22))


class Tick(QLabel):
    """A tick as high as a line of text."""

    def __init__(self) -> None:
        super().__init__()
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        side = self.fontMetrics().height()
        return QSize(side, side)

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        ink = self.palette().color(QPalette.ColorRole.Highlight)
        painter.setPen(QPen(ink, self.width() / 6, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
        side = self.width()
        painter.drawPolyline(QPolygonF([QPointF(x * side, y * side) for x, y in _TICK]))
        painter.end()


class Features(QWidget):
    def __init__(self, features: tuple[str, ...]) -> None:
        super().__init__()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GAP // 2)
        for feature in features:
            row = QHBoxLayout()
            row.setSpacing(GAP)
            row.addWidget(Tick(), 0, Qt.AlignmentFlag.AlignTop)
            row.addWidget(label("body", feature), 1)
            column.addLayout(row)
