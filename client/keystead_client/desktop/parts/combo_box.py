"""A list of options that opens; scrolling over it changes nothing."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QKeyEvent, QPainter, QPaintEvent, QPen, QWheelEvent
from PySide6.QtWidgets import QComboBox, QStyle, QStyleOptionComboBox

from keystead_client.desktop.models.settings import Option

# Around the centre of the arrow's area, in logical pixels.
_SIGN = ((-4, -2), (0, 2), (4, -2))


class ComboBox(QComboBox):
    #: the value that was chosen
    chosen = Signal(str)

    def __init__(self, name: str) -> None:
        """``name`` is what a screen reader says."""
        super().__init__()
        self.setAccessibleName(name)
        # Emitted for the person's choice only; currentIndexChanged would also follow show_options.
        self.activated.connect(lambda at: self.chosen.emit(self.itemData(at)))

    def show_options(self, options: Sequence[Option]) -> None:
        """Show which option is chosen; the options never change."""
        if self.count() == 0:
            for option in options:
                self.addItem(option.label, option.value)
        self.setCurrentIndex(next(at for at, option in enumerate(options) if option.chosen))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the style's box and an arrow."""
        super().paintEvent(event)
        # A style sheet draws an arrow from an image file only, which can't follow the colours.
        option = QStyleOptionComboBox()
        self.initStyleOption(option)
        control, part = QStyle.ComplexControl.CC_ComboBox, QStyle.SubControl.SC_ComboBoxArrow
        room = QRectF(self.style().subControlRect(control, option, part, self))
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(self.palette().windowText().color(), 1.6))
        painter.drawPolyline([room.center() + QPointF(x, y) for x, y in _SIGN])
        painter.end()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Open the list on arrows and Return."""
        keys = (Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_Return, Qt.Key.Key_Enter)
        if event.key() in keys:
            self.showPopup()
        else:
            super().keyPressEvent(event)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Let the wheel scroll the page."""
        event.ignore()
