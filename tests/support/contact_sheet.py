"""Pictures of one folder on one large sheet, each with its name."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QImage, QPainter

_CELL = QSize(330, 370)
_NAME_HEIGHT = 20


def contact_sheet(pictures: Sequence[Path], target: Path, columns: int = 8) -> bool:
    """Write the sheet; whether it could be."""
    rows = -(-len(pictures) // columns)
    cell = _CELL + QSize(8, _NAME_HEIGHT + 8)
    sheet = QImage(cell.width() * columns, cell.height() * rows, QImage.Format.Format_RGB32)
    sheet.fill(Qt.GlobalColor.white)
    painter = QPainter(sheet)
    for place, path in enumerate(pictures):
        left = place % columns * cell.width()
        top = place // columns * cell.height()
        name = QRect(left + 4, top, cell.width(), _NAME_HEIGHT)
        painter.drawText(name, Qt.AlignmentFlag.AlignVCenter, path.stem)
        picture = QImage(str(path)).scaled(
            _CELL, Qt.AspectRatioMode.KeepAspectRatio, Qt.TransformationMode.SmoothTransformation
        )
        painter.drawImage(left + 4, top + _NAME_HEIGHT, picture)
    painter.end()
    return sheet.save(str(target))
