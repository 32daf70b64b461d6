"""Screenshots of all tray icons at all sizes, on light and dark panels, and of the tray's menu."""

from __future__ import annotations

from datetime import UTC
from pathlib import Path

from PySide6.QtCore import QObject, QRect
from PySide6.QtGui import QColor, QPainter, QPixmap

from keystead_client.desktop.app_icon import app_picture
from keystead_client.desktop.models.app_state import AppState
from keystead_client.desktop.models.tray import SHAPES, tray_model
from keystead_client.desktop.tray import Tray
from keystead_client.desktop.tray_icon import picture
from support import activations

_SIDES = (16, 22, 24, 32, 48, 64)
_GROUNDS = {"light": "#f2f2f2", "dark": "#2b2b2b"}
#: Pixels: the height of a row, and the side to which the small ones are enlarged beside it.
_ROW, _LARGE = 80, 64


def draw_icons(folder: Path) -> int:
    """Return one image per background: each icon at its size and enlarged."""
    return sum(
        _sheet(ground).save(str(folder / f"tray-icons-{name}.png"))
        for name, ground in _GROUNDS.items()
    )


def draw_menu(path: Path) -> int:
    """Return the menu as Qt draws it where the panel leaves it to the program."""
    owner = QObject()
    model = tray_model(AppState(connected=True, view=activations.grace()), product="NyrA", zone=UTC)
    menu = Tray(model, "NyrA", owner).menu
    menu.resize(menu.sizeHint())
    return int(menu.grab().save(str(path)))


def _sheet(ground: str) -> QPixmap:
    width = sum(side + 12 for side in _SIDES) + len(_SIDES) * (_LARGE + 12)
    sheet = QPixmap(width, _ROW * (len(SHAPES) + 1))
    sheet.fill(QColor(ground))
    painter = QPainter(sheet)
    for row in range(len(SHAPES) + 1):
        left = 6
        for side in _SIDES:
            one = picture(SHAPES[row], side) if row < len(SHAPES) else app_picture(side)
            painter.drawPixmap(left, row * _ROW + 8, one)
            left += side + 12
            painter.drawPixmap(QRect(left, row * _ROW + 8, _LARGE, _LARGE), one)
            left += _LARGE + 12
    painter.end()
    return sheet
