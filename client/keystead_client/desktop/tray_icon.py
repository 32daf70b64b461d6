"""The icons of the tray: one silhouette for each state, drawn for every size.

The symbol is cut out of its silhouette, so it works on light and dark panels. The colours have 3:1
or more against white and black (WCAG 2.2 §1.4.11), and repeat what the shape says.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import cache

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QIcon, QPainter, QPen, QPixmap, QPolygonF

#: Sizes (pixels) of trays and task bars, at 100 % and at 200 %.
SIDES = (16, 22, 24, 32, 44, 48, 64, 96, 128)
_COLOURS = {
    "ok": "#1c9150",
    "wait": "#407ddc",
    "attention": "#b97000",
    "blocked": "#e0444a",
    "silent": "#798089",
}
# On a field of 16 by 16: the strokes that are cut out, each a list of points, and their width.
_FIELD = 16
_WIDTH = 2.0
_STROKES: dict[str, tuple[tuple[tuple[float, float], ...], ...]] = {
    "ok": (((4.4, 8.3), (7, 10.9), (11.6, 5.6)),),
    "wait": (((3.9, 8), (3.9, 8.01)), ((8, 8), (8, 8.01)), ((12.1, 8), (12.1, 8.01))),
    "attention": (((8, 5.9), (8, 9)), ((8, 11.9), (8, 11.91))),
}


@cache
def icon_of(shape: str) -> QIcon:
    """Return the icon of a shape of `models.tray`, in every size."""
    # macOS uses the shape alone and colours it like its menu bar.
    mask = sys.platform == "darwin"
    icon = QIcon()
    for side in SIDES:
        icon.addPixmap(picture(shape, side, "black" if mask else _COLOURS[shape]))
    icon.setIsMask(mask)
    return icon


def picture(shape: str, side: int, colour: str | None = None) -> QPixmap:
    """Draw one shape on a transparent square; ``colour`` None is the shape's own."""
    pixmap = QPixmap(side, side)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.scale(side / _FIELD, side / _FIELD)
    ink = QColor(colour or _COLOURS[shape])
    painter.setBrush(ink)
    painter.setPen(QPen(ink, 1.6, j=Qt.PenJoinStyle.RoundJoin))
    _GROUNDS[shape](painter)
    painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_Clear)
    painter.setPen(QPen(ink, _WIDTH, c=Qt.PenCapStyle.RoundCap, j=Qt.PenJoinStyle.RoundJoin))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for stroke in _STROKES.get(shape, ()):
        painter.drawPolyline([QPointF(x, y) for x, y in stroke])
    painter.end()
    return pixmap


def _disc(painter: QPainter) -> None:
    painter.drawEllipse(QRectF(0.8, 0.8, 14.4, 14.4))


def _pill(painter: QPainter) -> None:
    painter.drawRoundedRect(QRectF(0.8, 3.8, 14.4, 8.4), 4.2, 4.2)


def _triangle(painter: QPainter) -> None:
    painter.drawPolygon(QPolygonF([QPointF(8, 1.8), QPointF(15, 14.2), QPointF(1, 14.2)]))


def _cross(painter: QPainter) -> None:
    # In a disc or an octagon it would look like the tick to people who see no colour.
    painter.setPen(QPen(painter.brush().color(), 4, c=Qt.PenCapStyle.RoundCap))
    painter.drawLine(QPointF(3, 3), QPointF(13, 13))
    painter.drawLine(QPointF(13, 3), QPointF(3, 13))


def _question(painter: QPainter) -> None:
    """Draw a question mark between two arcs: no daemon answers."""
    pen = QPen(painter.brush().color(), 1.8, c=Qt.PenCapStyle.RoundCap)
    painter.setPen(pen)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for side in (0, 180):
        painter.drawArc(QRectF(1, 1, 14, 14), (side - 42) * 16, 84 * 16)
    pen.setWidthF(2.1)
    painter.setPen(pen)
    painter.drawArc(QRectF(5.2, 2.6, 5.6, 5.6), -60 * 16, 235 * 16)
    painter.drawLine(QPointF(8, 8.7), QPointF(8, 9.3))
    painter.drawPoint(QPointF(8, 13))


_GROUNDS: dict[str, Callable[[QPainter], None]] = {
    "ok": _disc,
    "wait": _pill,
    "attention": _triangle,
    "blocked": _cross,
    "silent": _question,
}
