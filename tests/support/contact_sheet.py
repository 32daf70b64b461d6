"""A contact sheet: images in sections, each with its name."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QImage, QPainter

_CELL = QSize(330, 370)
_NAME_HEIGHT = 20
_WHOLE = _CELL + QSize(8, _NAME_HEIGHT + 8)
#: An image longer than this multiple of its width is cropped to its beginning.
_LONGEST = 1.6


def contact_sheet(sections: Sequence[Sequence[Path]], target: Path, columns: int = 8) -> bool:
    """Write the sheet, each section in its own rows, and return whether that worked."""
    rows = [
        section[start : start + columns]
        for section in sections
        for start in range(0, len(section), columns)
    ]
    size = QSize(_WHOLE.width() * columns, _WHOLE.height() * len(rows))
    sheet = QImage(size, QImage.Format.Format_RGB32)
    sheet.fill(Qt.GlobalColor.white)
    painter = QPainter(sheet)
    for row, pictures in enumerate(rows):
        for column, path in enumerate(pictures):
            _put(painter, path, column * _WHOLE.width(), row * _WHOLE.height())
    painter.end()
    return sheet.save(str(target))


def _put(painter: QPainter, path: Path, left: int, top: int) -> None:
    name = QRect(left + 4, top, _WHOLE.width(), _NAME_HEIGHT)
    painter.drawText(name, Qt.AlignmentFlag.AlignVCenter, path.stem)
    picture = QImage(str(path))
    height = min(picture.height(), round(picture.width() * _LONGEST))
    beginning = picture.copy(0, 0, picture.width(), height).scaled(
        _CELL, Qt.AspectRatioMode.KeepAspectRatio, Qt.TransformationMode.SmoothTransformation
    )
    painter.drawImage(left + 4, top + _NAME_HEIGHT, beginning)
