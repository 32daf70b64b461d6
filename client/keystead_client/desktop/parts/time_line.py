"""The time line, drawn: each kind of mark has a shape and each kind of stretch a stroke."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontMetrics,
    QPainter,
    QPaintEvent,
    QPalette,
    QPen,
    QPolygonF,
)
from PySide6.QtWidgets import QLabel, QSizePolicy

from keystead_client.desktop.models.timeline import Mark, Sign, Span, Stretch, TimeLine
from keystead_client.desktop.theme import GAP

_STROKES = {
    Stretch.PAID: (6.0, Qt.PenStyle.SolidLine),
    Stretch.GRACE: (4.0, Qt.PenStyle.DashLine),
    Stretch.OVER: (3.0, Qt.PenStyle.DotLine),
}
_RADIUS = 9
_WRAPPED = Qt.TextFlag.TextWordWrap | Qt.AlignmentFlag.AlignTop


class TimeLineDrawing(QLabel):
    """Draws a `TimeLine`; its words are what is read out in the place of the drawing."""

    def __init__(self) -> None:
        super().__init__()
        self._line: TimeLine | None = None
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self.hide()

    def show_line(self, line: TimeLine | None) -> None:
        """Draw this, or take no room."""
        self.setVisible(line is not None)
        if line == self._line:
            return
        self._line = line
        self.setAccessibleName(line.told if line else "")
        self.updateGeometry()
        self.update()

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        return self._bar_y() + _RADIUS + GAP + self._label_height(width)

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
        for place, mark in enumerate(self._line.marks):
            self._draw_mark(painter, mark)
            self._draw_words(painter, place, mark)
        painter.end()

    def _bar_y(self) -> int:
        """Below the words that stand above the line."""
        return self.fontMetrics().height() + GAP + _RADIUS

    def _x(self, at: float) -> float:
        along = _RADIUS + at * (self.width() - 2 * _RADIUS)
        return self.width() - along if self._turned() else along

    def _turned(self) -> bool:
        return self.layoutDirection() is Qt.LayoutDirection.RightToLeft

    def _ink(self) -> QColor:
        return self.palette().color(self.foregroundRole())

    def _draw_span(self, painter: QPainter, span: Span) -> None:
        width, style = _STROKES[span.stretch]
        painter.setPen(QPen(self._ink(), width, style, Qt.PenCapStyle.FlatCap))
        begin, end = sorted((self._x(span.begin), self._x(span.end)))
        painter.drawLine(QPointF(begin, self._bar_y()), QPointF(end, self._bar_y()))
        if self.fontMetrics().horizontalAdvance(span.label) > end - begin:
            # It is read out all the same, and follows from the dates.
            return
        painter.setPen(self._ink())
        room = QRectF(begin, 0, end - begin, self.fontMetrics().height())
        painter.drawText(room, Qt.AlignmentFlag.AlignCenter, span.label)

    def _draw_mark(self, painter: QPainter, mark: Mark) -> None:
        centre = QPointF(self._x(mark.at), self._bar_y())
        ink = self._ink()
        painter.setPen(QPen(ink, 2))
        painter.setBrush(self.palette().color(QPalette.ColorRole.Base))
        half = float(_RADIUS - 2)
        if mark.sign is Sign.NOW:
            painter.setBrush(ink)
            painter.drawEllipse(centre, half, half)
        elif mark.sign is Sign.PERIOD:
            tips = [QPointF(0, -half), QPointF(half, 0), QPointF(0, half), QPointF(-half, 0)]
            painter.drawPolygon(QPolygonF([centre + tip for tip in tips]))
        else:
            painter.setBrush(ink)
            painter.drawRect(QRectF(centre.x() - 3, centre.y() - half, 6, 2 * half))

    def _draw_words(self, painter: QPainter, place: int, mark: Mark) -> None:
        room = self._room(place, self.width())
        painter.setPen(self._ink())
        painter.setFont(self._bold())
        used = painter.drawText(room, self._flags(place), mark.label)
        painter.setFont(self.font())
        painter.setPen(self._ink())
        painter.drawText(
            room.adjusted(0, used.height(), 0, used.height()), self._flags(place), mark.when
        )

    def _bold(self) -> QFont:
        font = self.font()
        font.setBold(True)
        return font

    def _count(self) -> int:
        return len(self._line.marks) if self._line else 1

    def _room(self, place: int, width: int) -> QRect:
        """Where the words of a mark stand: a third each, or a half."""
        share = width // self._count()
        top = self._bar_y() + _RADIUS + GAP
        left = round(self._middle(place, width) - share / 2)
        left = max(0, min(left, width - share))
        return QRect(left, top, share - GAP // 2, 10_000)

    def _middle(self, place: int, width: int) -> float:
        along = place / max(1, self._count() - 1) * width
        return width - along if self._turned() else along

    def _flags(self, place: int) -> int:
        if 0 < place < self._count() - 1:
            side = Qt.AlignmentFlag.AlignHCenter
        elif (place == 0) is not self._turned():
            side = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignAbsolute
        else:
            side = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignAbsolute
        return int(_WRAPPED | side)

    def _label_height(self, width: int) -> int:
        bold, plain = QFontMetrics(self._bold()), self.fontMetrics()
        marks = self._line.marks if self._line else ()
        heights = [0]
        for place, mark in enumerate(marks):
            # A layout asks for the height before a frame's border has taken its pixels.
            room = self._room(place, width - GAP)
            flags = int(_WRAPPED)
            heights.append(
                bold.boundingRect(room, flags, mark.label).height()
                + plain.boundingRect(room, flags, mark.when).height()
            )
        return max(heights)
