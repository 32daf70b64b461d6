"""A sentence whose price is larger than its other words, wherever it stands."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QSize, Qt
from PySide6.QtGui import (
    QFontMetricsF,
    QPainter,
    QPaintEvent,
    QPalette,
    QTextCharFormat,
    QTextLayout,
    QTextOption,
)
from PySide6.QtWidgets import QLabel, QSizePolicy

from keystead_client.desktop.theme import font_of


class PriceLabel(QLabel):
    """A label whose text is the whole sentence, for screen readers."""

    def __init__(self) -> None:
        super().__init__()
        self.setTextFormat(Qt.TextFormat.PlainText)
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self._price = ""

    def show_price(self, sentence: str, price: str) -> None:
        """Show a sentence; ``price`` is the part that is larger."""
        self.setVisible(bool(sentence))
        if (sentence, price) == (self.text(), self._price):
            return
        self._price = price
        self.setText(sentence)
        self.updateGeometry()

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        return self._laid_out(width)[1]

    def sizeHint(self) -> QSize:
        widest = QFontMetricsF(font_of("title")).horizontalAdvance(self.text())
        return QSize(round(widest), self.heightForWidth(round(widest)))

    def minimumSizeHint(self) -> QSize:
        metrics = QFontMetricsF(font_of("title"))
        words = (*self.text().split(), self._price)
        widest = max((metrics.horizontalAdvance(word) for word in words), default=0)
        return QSize(round(widest) + 1, self.fontMetrics().height())

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setPen(self.palette().color(QPalette.ColorRole.PlaceholderText))
        layout, height = self._laid_out(self.width())
        layout.draw(painter, QPointF(0, (self.height() - height) / 2))
        painter.end()

    def _laid_out(self, width: int) -> tuple[QTextLayout, int]:
        layout = QTextLayout(self._unbroken(), self.font())
        # The price is at the end of the line. AlignAbsolute keeps Qt from mirroring the side again.
        side = Qt.AlignmentFlag.AlignLeft if self.isRightToLeft() else Qt.AlignmentFlag.AlignRight
        option = QTextOption(side | Qt.AlignmentFlag.AlignAbsolute)
        option.setTextDirection(self.layoutDirection())
        layout.setTextOption(option)
        layout.setFormats(self._formats())
        layout.beginLayout()
        top = 0.0
        while (line := layout.createLine()).isValid():
            line.setLineWidth(width)
            line.setPosition(QPointF(0, top))
            top += line.height()
        layout.endLayout()
        return layout, round(top + 0.5)

    def _unbroken(self) -> str:
        """Return the sentence with its price kept on one line."""
        return self.text().replace(self._price, self._price.replace(" ", "\N{NO-BREAK SPACE}"))

    def _formats(self) -> list[QTextLayout.FormatRange]:
        start = self.text().find(self._price)
        if start < 0 or not self._price:
            return []
        large = QTextLayout.FormatRange()
        large.start, large.length = start, len(self._price)
        large.format = QTextCharFormat()
        large.format.setFont(font_of("title"))
        large.format.setForeground(self.palette().color(QPalette.ColorRole.WindowText))
        return [large]
