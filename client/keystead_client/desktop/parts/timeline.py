"""Draw the timeline: a shape for each kind of marker, a stroke for each kind of span."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import (
    QColor,
    QPainter,
    QPaintEvent,
    QPalette,
    QPen,
    QPolygonF,
)
from PySide6.QtWidgets import QLabel, QSizePolicy

from keystead_client.desktop.models.timeline import MarkerShape, Span, SpanKind, Timeline
from keystead_client.desktop.parts.timeline_text import Bounds, PlacedText, is_list, placed
from keystead_client.desktop.theme import GAP

_STROKES = {
    SpanKind.PAID: (6.0, Qt.PenStyle.SolidLine),
    SpanKind.GRACE: (4.0, Qt.PenStyle.DashLine),
    SpanKind.OVER: (3.0, Qt.PenStyle.DotLine),
}
_RADIUS = 9


class TimelineWidget(QLabel):
    """Draws a `Timeline`; screen readers get its description."""

    def __init__(self) -> None:
        super().__init__()
        self._line: Timeline | None = None
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self.hide()

    def show_line(self, line: Timeline | None) -> None:
        """Draw a timeline, or hide without one."""
        self.setVisible(line is not None)
        if line == self._line:
            return
        self._line = line
        self.setAccessibleName(line.description if line else "")
        self.updateGeometry()
        self.update()

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        boxes = [one.box for words in self._words(width) for one in words]
        return max((box.bottom() + 1 for box in boxes), default=0)

    def sizeHint(self) -> QSize:
        return QSize(320, self.heightForWidth(max(320, self.width())))

    def minimumSizeHint(self) -> QSize:
        return QSize(200, self.heightForWidth(max(200, self.width())))

    def paintEvent(self, _event: QPaintEvent) -> None:
        if self._line is None:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for span in self._line.spans:
            self._draw_span(painter, span)
        for mark in self._line.marks:
            self._draw_sign(painter, mark.shape, QPointF(self._x(mark.at), self._bar_y()))
        for words in self._words(self.width()):
            self._draw_words(painter, words)
        if is_list(self._line, self.width(), self.font()):
            self._draw_list_signs(painter, self._line)
        painter.end()

    def _bar_y(self) -> int:
        """Return the y position of the line, below the lengths that stand above it."""
        return self.fontMetrics().height() + GAP + _RADIUS

    def _x(self, at: float) -> float:
        along = _RADIUS + at * (self.width() - 2 * _RADIUS)
        return self.width() - along if self._turned() else along

    def _turned(self) -> bool:
        return self.layoutDirection() is Qt.LayoutDirection.RightToLeft

    def _ink(self) -> QColor:
        return self.palette().color(self.foregroundRole())

    def _draw_span(self, painter: QPainter, span: Span) -> None:
        width, style = _STROKES[span.span_kind]
        painter.setPen(QPen(self._ink(), width, style, Qt.PenCapStyle.FlatCap))
        begin, end = sorted((self._x(span.begin), self._x(span.end)))
        painter.drawLine(QPointF(begin, self._bar_y()), QPointF(end, self._bar_y()))
        if self.fontMetrics().horizontalAdvance(span.label) > end - begin:
            # Screen readers still say it, and the dates imply it.
            return
        painter.setPen(self._ink())
        room = QRectF(begin, 0, end - begin, self.fontMetrics().height())
        painter.drawText(room, Qt.AlignmentFlag.AlignCenter, span.label)

    def _draw_sign(self, painter: QPainter, shape: MarkerShape, centre: QPointF) -> None:
        ink = self._ink()
        painter.setPen(QPen(ink, 2))
        painter.setBrush(self.palette().color(QPalette.ColorRole.Base))
        half = float(_RADIUS - 2)
        if shape is MarkerShape.NOW:
            painter.setBrush(ink)
            painter.drawEllipse(centre, half, half)
        elif shape is MarkerShape.PERIOD:
            tips = [QPointF(0, -half), QPointF(half, 0), QPointF(0, half), QPointF(-half, 0)]
            painter.drawPolygon(QPolygonF([centre + tip for tip in tips]))
        else:
            painter.setBrush(ink)
            painter.drawRect(QRectF(centre.x() - 3, centre.y() - half, 6, 2 * half))

    def _draw_words(self, painter: QPainter, words: list[PlacedText]) -> None:
        painter.setPen(self._ink())
        for one in words:
            painter.setFont(one.font)
            painter.drawText(one.box, one.flags, one.text)
        painter.setFont(self.font())

    def _draw_list_signs(self, painter: QPainter, line: Timeline) -> None:
        side = self.width() - _RADIUS if self._turned() else _RADIUS
        for mark, words in zip(line.marks, self._words(self.width()), strict=True):
            middle = words[0].box.top() + self.fontMetrics().height() / 2
            self._draw_sign(painter, mark.shape, QPointF(side, middle))

    def _words(self, width: int) -> list[list[PlacedText]]:
        if self._line is None:
            return []
        top, indent = self._bar_y() + _RADIUS + GAP, 2 * _RADIUS + GAP
        return placed(self._line, Bounds(width, top, indent, self._turned()), self.font())
