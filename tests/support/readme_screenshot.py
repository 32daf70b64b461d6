"""The README's screenshot of three windows: ``python -m support.readme_screenshot FILE``."""

from __future__ import annotations

import sys

from PySide6.QtCore import QSize
from PySide6.QtGui import QColor, QPainter, QPen, QPixmap

from keystead_client.desktop import theme
from keystead_client.desktop.qt_locale import ApplicationLocale
from support.window_screenshots import ScreenRenderer, qt_application, screen_gallery

_SHOWN = (("plans", False), ("active", False), ("grace", True))
#: Pixels between two windows, and around all of them.
_GAP = 24


def render() -> QPixmap:
    """Return one image of the three windows in English, in the order in which a user meets them."""
    application = qt_application()
    ApplicationLocale(application).choose("en")
    known = dict(screen_gallery())
    windows = []
    for name, dark in _SHOWN:
        theme.apply(application, dark=dark)
        studio = ScreenRenderer()
        windows.append(studio.picture(known[name]))
        studio.window.close()
    side = windows[0].size()
    whole = QPixmap(QSize((side.width() + _GAP) * len(windows) + _GAP, side.height() + 2 * _GAP))
    whole.fill(QColor("white"))
    painter = QPainter(whole)
    painter.setPen(QPen(QColor(theme.LIGHT.line), 1))
    for place, window in enumerate(windows):
        left = _GAP + place * (side.width() + _GAP)
        painter.drawPixmap(left, _GAP, window)
        painter.drawRect(left - 1, _GAP - 1, side.width() + 1, side.height() + 1)
    painter.end()
    return whole


if __name__ == "__main__":
    sys.exit(0 if render().save(sys.argv[1]) else 1)
