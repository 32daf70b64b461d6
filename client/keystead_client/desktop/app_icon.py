"""The program's icon for the window and the task bar, drawn from code.

It looks like ``packaging/linux/keystead.svg``, which a test compares. Drawing needs no file beside
the program and no SVG plugin.
"""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QIcon, QPainter, QPainterPath, QPen, QPixmap

#: Sizes (pixels) of task bars and window lists.
SIDES = (16, 24, 32, 48, 64, 128)
_FIELD = 128
_GROUND, _ARCH, _STONE = "#1f5fd6", "#a9c6ff", "#ffffff"


def app_icon() -> QIcon:
    """Return the icon in every size."""
    icon = QIcon()
    for side in SIDES:
        icon.addPixmap(app_picture(side))
    return icon


def app_picture(side: int) -> QPixmap:
    """Draw the icon on a transparent square of ``side`` pixels."""
    pixmap = QPixmap(side, side)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.scale(side / _FIELD, side / _FIELD)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(_GROUND))
    painter.drawRoundedRect(QRectF(4, 4, 120, 120), 26, 26)
    painter.setBrush(QColor(_ARCH))
    left = _arch_side()
    painter.drawPath(left)
    # The right side is the mirror image of the left one.
    painter.save()
    painter.translate(_FIELD, 0)
    painter.scale(-1, 1)
    painter.drawPath(left)
    painter.restore()
    painter.setBrush(QColor(_STONE))
    painter.setPen(QPen(QColor(_STONE), 6, j=Qt.PenJoinStyle.RoundJoin))
    painter.drawPolygon([QPointF(38, 22), QPointF(90, 22), QPointF(76, 72), QPointF(52, 72)])
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(_GROUND))
    painter.drawPath(_keyhole())
    painter.end()
    return pixmap


def _arch_side() -> QPainterPath:
    path = QPainterPath(QPointF(17, 106))
    path.lineTo(17, 80)
    path.arcTo(QRectF(17, 32, 96, 96), 180, -38.7)
    path.lineTo(45.8, 64.3)
    path.quadTo(40.5, 71, 40.5, 80)
    path.lineTo(40.5, 106)
    path.closeSubpath()
    return path


def _keyhole() -> QPainterPath:
    path = QPainterPath()
    path.setFillRule(Qt.FillRule.WindingFill)
    path.addEllipse(QPointF(64, 41), 9, 9)
    path.moveTo(59.4, 48.7)
    path.lineTo(68.6, 48.7)
    path.lineTo(71.6, 63)
    path.lineTo(56.4, 63)
    path.closeSubpath()
    return path
