"""The tray icons: distinct without colour, visible on every panel, sharp at every size."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path

import pytest
from PySide6.QtCore import QSize
from PySide6.QtGui import QColor, QImage, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

from keystead_client.desktop.app_icon import app_picture
from keystead_client.desktop.models.tray import SHAPES
from keystead_client.desktop.tray_icon import SIDES, icon_of, picture

GROUNDS = ("#ffffff", "#f2f2f2", "#2b2b2b", "#000000")
SVG = Path(__file__).parents[2] / "packaging/linux/keystead.svg"

pytestmark = pytest.mark.usefixtures("qapp")


def luminances_on_panel(pixmap: QPixmap, ground: str) -> list[float]:
    """Return the icon on a panel as relative luminances (WCAG 2.2), 0 to 1, row by row."""
    image = QImage(pixmap.size(), QImage.Format.Format_RGB32)
    image.fill(QColor(ground))
    painter = QPainter(image)
    painter.drawPixmap(0, 0, pixmap)
    painter.end()
    side = range(image.width())
    return [luminance(image.pixelColor(x, y)) for y in side for x in side]


def luminance(colour: QColor) -> float:
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
        for part in (colour.redF(), colour.greenF(), colour.blueF())
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: float, other: float) -> float:
    return (max(one, other) + 0.05) / (min(one, other) + 0.05)


def differing_share(one: list[float], other: list[float]) -> float:
    """Return the share of pixels that differ in luminance by a contrast of at least 3:1."""
    differing = [contrast(a, b) >= 3 for a, b in zip(one, other, strict=True)]
    return sum(differing) / len(differing)


@pytest.mark.parametrize("ground", GROUNDS)
@pytest.mark.parametrize("side", SIDES)
def test_icons_differ_without_colour(side: int, ground: str) -> None:
    seen = {shape: luminances_on_panel(picture(shape, side), ground) for shape in SHAPES}
    differing = {
        f"{one} and {other}": round(differing_share(seen[one], seen[other]), 3)
        for one, other in combinations(SHAPES, 2)
    }
    assert {pair: share for pair, share in differing.items() if share < 0.2} == {}


@pytest.mark.parametrize("ground", GROUNDS)
@pytest.mark.parametrize("shape", SHAPES)
def test_icons_are_visible_on_light_and_dark_panels(shape: str, ground: str) -> None:
    bare = luminance(QColor(ground))
    for side in SIDES:
        seen = sum(
            contrast(one, bare) >= 3 for one in luminances_on_panel(picture(shape, side), ground)
        )
        assert seen / side**2 > 0.15


@pytest.mark.parametrize("shape", SHAPES)
def test_icons_are_drawn_for_each_size(shape: str) -> None:
    icon = icon_of(shape)
    assert {(size.width(), size.height()) for size in icon.availableSizes()} == {
        (side, side) for side in SIDES
    }
    for side in (16, 22, 24, 32, 48, 64):
        for scale in (1.0, 2.0):
            drawn = icon.pixmap(QSize(side, side), scale)
            assert drawn.size() == QSize(side, side) * scale
            assert drawn.toImage() == picture(shape, int(side * scale)).toImage()


def test_icons_stay_within_their_margins() -> None:
    """The icon is not cut off and has no wide margin."""
    for shape in SHAPES:
        image = picture(shape, 64).toImage()
        columns = [x for x in range(64) if any(image.pixelColor(x, y).alpha() for y in range(64))]
        assert columns[0] <= 4
        assert columns[-1] >= 59


@pytest.mark.parametrize("side", [16, 32, 48, 128])
def test_the_drawn_icon_matches_the_installed_one(side: int) -> None:
    installed = QImage(side, side, QImage.Format.Format_ARGB32_Premultiplied)
    installed.fill(0)
    painter = QPainter(installed)
    QSvgRenderer(str(SVG)).render(painter)
    painter.end()
    drawn = app_picture(side).toImage()
    rows = range(side)
    far = [(x, y) for y in rows for x in rows if distance(installed, drawn, x, y) > 48]
    assert len(far) <= side**2 * 0.01, far


def distance(one: QImage, other: QImage, x: int, y: int) -> int:
    """Return the difference of two pixels, 0 to 255."""
    a, b = one.pixelColor(x, y), other.pixelColor(x, y)
    return max(
        abs(a.red() - b.red()),
        abs(a.green() - b.green()),
        abs(a.blue() - b.blue()),
        abs(a.alpha() - b.alpha()),
    )
