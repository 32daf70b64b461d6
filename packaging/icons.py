"""The product's drawing as pictures: one a size for Linux, and the containers of other systems."""

from __future__ import annotations

import os
from pathlib import Path

ICON_SIZES = (16, 32, 48, 128, 256, 512)


def write_icons(drawing: Path, folder: Path) -> None:
    """Write the pictures of an SVG file. Raises SystemExit if it cannot be drawn."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    from PySide6.QtGui import QGuiApplication, QImage, QPainter
    from PySide6.QtSvg import QSvgRenderer

    application = QGuiApplication([])
    renderer = QSvgRenderer(str(drawing))
    if not renderer.isValid():
        raise SystemExit(f"build.py: {drawing} is not an SVG file")
    folder.mkdir(exist_ok=True)
    for size in ICON_SIZES:
        image = QImage(size, size, QImage.Format.Format_ARGB32)
        image.fill(0)
        painter = QPainter(image)
        renderer.render(painter)
        painter.end()
        places = [folder / f"{size}.png"]
        if size == 256:
            places += [folder / "keystead.ico", folder / "keystead.icns"]
        for place in places:
            if not image.save(str(place)):
                raise SystemExit(f"{place.name} could not be written")
    application.shutdown()
