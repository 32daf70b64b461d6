"""Place the text of a timeline: below each marker, or as a list if the width is too small."""

from __future__ import annotations

from typing import NamedTuple

from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QFont, QFontMetrics

from keystead_client.desktop.models.timeline import Marker, Timeline
from keystead_client.desktop.theme import GAP

_WRAPPED = Qt.TextFlag.TextWordWrap | Qt.AlignmentFlag.AlignTop
# Absolute: `placed` mirrors the sides itself for languages from right to left.
_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignAbsolute
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignAbsolute
_MIDDLE = Qt.AlignmentFlag.AlignHCenter
#: A height, in logical pixels, that no text fills: its box is cut to the text afterwards.
_ENDLESS = 10_000


class PlacedText(NamedTuple):
    """A text and its box; ``flags`` are those of `QPainter.drawText`."""

    box: QRect
    flags: int
    font: QFont
    text: str


class Bounds(NamedTuple):
    """The space available, in logical pixels; ``indent`` is for the marker before a list line."""

    width: int
    top: int
    indent: int
    turned: bool


def is_list(line: Timeline, width: int, font: QFont) -> bool:
    """Return whether a word is wider than the space below its marker."""
    share = width // len(line.marks) - GAP
    return any(
        QFontMetrics(one).horizontalAdvance(word) > share
        for mark in line.marks
        for one, text in _lines(mark, font)
        for word in text.split()
    )


def placed(line: Timeline, room: Bounds, font: QFont) -> list[list[PlacedText]]:
    """Place the text of each marker, in order."""
    if not is_list(line, room.width, font):
        return [_below(mark, room, len(line.marks), font) for mark in line.marks]
    found: list[list[PlacedText]] = []
    top, side = room.top, _RIGHT if room.turned else _LEFT
    for mark in line.marks:
        left = 0 if room.turned else room.indent
        lines = [(bold(font), mark.label), (font, mark.when)]
        found.append(_stacked(lines, QRect(left, top, room.width - room.indent, 0), side))
        top = found[-1][-1].box.bottom() + 1 + GAP
    return found


def bold(font: QFont) -> QFont:
    """Return the font in bold."""
    made = QFont(font)
    made.setBold(True)
    return made


def _below(mark: Marker, room: Bounds, count: int, font: QFont) -> list[PlacedText]:
    share = room.width // count - GAP
    at = 1 - mark.at if room.turned else mark.at
    left = max(0, min(round(at * room.width - share / 2), room.width - share))
    side = _LEFT if at == 0 else _RIGHT if at == 1 else _MIDDLE
    return _stacked(_lines(mark, font), QRect(left, room.top, share, 0), side)


def _lines(mark: Marker, font: QFont) -> list[tuple[QFont, str]]:
    return [(bold(font), mark.label), (font, mark.day), (font, mark.time)]


def _stacked(
    lines: list[tuple[QFont, str]], box: QRect, side: Qt.AlignmentFlag
) -> list[PlacedText]:
    flags, found, top = int(_WRAPPED | side), list[PlacedText](), box.top()
    for font, text in lines:
        if not text:
            continue
        at = QRect(box.left(), top, box.width(), _ENDLESS)
        at.setHeight(QFontMetrics(font).boundingRect(at, flags, text).height())
        found.append(PlacedText(at, flags, font, text))
        top = at.bottom() + 1
    return found
