"""A text as a QR code (ISO/IEC 18004): dark on light in every appearance."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

#: Light modules around the code that a reader needs (§9.1).
_QUIET = 4
#: Logical pixels of a module: a phone at arm's length can read them.
_MODULE = 4


class QrCode(QWidget):
    def __init__(self, name: str) -> None:
        """``name`` is what a screen reader says."""
        super().__init__()
        self.setAccessibleName(name)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self._text = ""
        self._made: tuple[bytes, ...] | None = ()

    def show_text(self, text: str) -> None:
        """Show the code of a text; nothing if the text is empty."""
        if text == self._text:
            return
        self._text, self._made = text, None if text else ()
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        """Return the size of all modules and the margin."""
        rows = self._rows()
        side = (len(rows) + 2 * _QUIET) * _MODULE if rows else 0
        return QSize(side, side)

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw whole modules, so that every edge is sharp."""
        if not self._text:
            return
        painter = QPainter(self)
        painter.fillRect(self.rect(), Qt.GlobalColor.white)
        for y, row in enumerate(self._rows()):
            for x, dark in enumerate(row):
                if dark:
                    left, top = (x + _QUIET) * _MODULE, (y + _QUIET) * _MODULE
                    painter.fillRect(QRectF(left, top, _MODULE, _MODULE), Qt.GlobalColor.black)
        painter.end()

    def _rows(self) -> tuple[bytes, ...]:
        # Computed when it is laid out: a hidden page needs no code.
        if self._made is None:
            self._made = _matrix(self._text)
        return self._made


def _matrix(text: str) -> tuple[bytes, ...]:
    # Loaded with the first code that is shown.
    import segno

    # Not segno.make: for short texts it chooses a Micro QR code, which phones can't read.
    return tuple(bytes(row) for row in segno.make_qr(text, error="m").matrix)
