"""Read the QR codes in a picture."""

from __future__ import annotations

import zxingcpp
from PySide6.QtGui import QImage, QPixmap


def read_qr_codes(picture: QPixmap) -> list[str]:
    """Return the texts of all codes in the picture."""
    grey = picture.toImage().convertToFormat(QImage.Format.Format_Grayscale8)
    return [one.text for one in zxingcpp.read_barcodes(_pixels_of(grey))]


def _pixels_of(picture: QImage) -> memoryview:
    """Return the picture as rows of grey values, one byte a pixel."""
    width, height = picture.width(), picture.height()
    rows = bytes(picture.constBits()).ljust(picture.bytesPerLine() * height)
    packed = b"".join(rows[y * picture.bytesPerLine() :][:width] for y in range(height))
    return memoryview(packed).cast("B", (height, width))
