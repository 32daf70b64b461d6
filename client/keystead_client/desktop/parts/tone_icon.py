"""The symbol of a tone, which needs no colour to be told apart."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QLabel, QSizePolicy

from keystead_client.desktop.theme import set_role

# Strokes on a field of 24 by 24, each a list of points.
_STROKES: dict[str, tuple[tuple[tuple[float, float], ...], ...]] = {
    "ok": (((7, 12.5), (10.5, 16), (17, 8.5)),),
    "wait": (((12, 6.5), (12, 12), (16, 14.5)),),
    "attention": (((12, 6.5), (12, 13)), ((12, 17), (12, 17.1))),
    "skipped": (((8, 12), (16, 12)),),
    "blocked": (((8.5, 8.5), (15.5, 15.5)), ((15.5, 8.5), (8.5, 15.5))),
}
_FIELD = 24


class ToneIcon(QLabel):
    """A symbol in a circle, in the colour of its tone."""

    def __init__(self, role: str = "body") -> None:
        """``role`` is a role of `theme` and gives the size."""
        super().__init__()
        set_role(self, role)
        self._tone = "wait"
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def show_tone(self, tone: str, name: str) -> None:
        """Show a tone of `theme`; ``name`` is for screen readers."""
        self._tone = tone
        self.setAccessibleName(name)
        self.update()

    def sizeHint(self) -> QSize:
        side = 2 * self.fontMetrics().height() + 4
        return QSize(side, side)

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.scale(self.width() / _FIELD, self.height() / _FIELD)
        colour = self.palette().color(self.foregroundRole())
        painter.setPen(QPen(colour, 1.6, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
        ground = QColor(colour)
        ground.setAlphaF(0.12)
        painter.setBrush(ground)
        painter.drawEllipse(QRectF(2, 2, 20, 20))
        painter.setPen(QPen(colour, 2.2, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
        for stroke in _STROKES[self._tone]:
            painter.drawPolyline([QPointF(x, y) for x, y in stroke])
        painter.end()
