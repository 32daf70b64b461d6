"""The timeline's labels: no overlaps, no truncation, mirrored from right to left."""

from __future__ import annotations

from datetime import UTC
from itertools import pairwise, product

import pytest
from PySide6.QtGui import QFontMetrics
from PySide6.QtWidgets import QApplication

from keystead_client.desktop.models.catalog import TABLES, tr
from keystead_client.desktop.models.timeline import Timeline, timeline
from keystead_client.desktop.parts.timeline_text import Bounds, PlacedText, is_list, placed
from keystead_client.translator import PLAIN_ENGLISH, SHARED, Language
from support import activations
from support.pseudo_locale import PseudoLocale

VIEWS = {
    "active": activations.active(),
    "ending": activations.ending(),
    "expired": activations.expired(),
}
_TOP, _INDENT = 40, 24


def line_of(view: str) -> Timeline:
    line = timeline(VIEWS[view], activations.NOW_MS, zone=UTC)
    assert line is not None
    return line


def display_name(
    app: QApplication, line: Timeline, *, width: int, times: float, turned: bool = False
) -> list[list[PlacedText]]:
    font = app.font()
    font.setPointSizeF(font.pointSizeF() * times)
    return placed(line, Bounds(width, _TOP, _INDENT, turned), font)


@pytest.mark.parametrize("turned", [False, True], ids=["ltr", "rtl"])
@pytest.mark.parametrize("times", [1.0, 2.0])
@pytest.mark.parametrize(
    "language", [PLAIN_ENGLISH, PseudoLocale(*SHARED, *TABLES)], ids=["en", "pseudo"]
)
def test_no_text_overlaps_another_or_leaves_the_widget(
    qapp: QApplication, language: Language, times: float, turned: bool
) -> None:
    tr.language = language
    try:
        for view, width in product(VIEWS, (370, 512)):
            line = line_of(view)
            marks = display_name(qapp, line, width=width, times=times, turned=turned)
            assert_apart([one for words in marks for one in words], width)
    finally:
        tr.language = PLAIN_ENGLISH


def assert_apart(words: list[PlacedText], width: int) -> None:
    for place, one in enumerate(words):
        assert one.box.left() >= 0
        assert one.box.right() < width
        widest = max(QFontMetrics(one.font).horizontalAdvance(part) for part in one.text.split())
        assert widest <= one.box.width()
        assert not any(one.box.intersects(other.box) for other in words[place + 1 :])


@pytest.mark.parametrize("turned", [False, True], ids=["ltr", "rtl"])
def test_labels_are_in_the_order_of_their_markers(qapp: QApplication, turned: bool) -> None:
    marks = display_name(qapp, line_of("active"), width=512, times=1.0, turned=turned)
    lefts = [words[0].box.left() for words in marks]
    assert lefts == sorted(lefts, reverse=turned)
    assert [one.text for one in marks[1]] == ["Next renewal", "2026-12-21", "09:00"]


def test_a_narrow_timeline_becomes_a_list(qapp: QApplication) -> None:
    line = line_of("active")
    assert not is_list(line, 512, qapp.font())
    assert is_list(line, 160, qapp.font())
    marks = display_name(qapp, line, width=160, times=1.0)
    assert all(above[-1].box.bottom() < below[0].box.top() for above, below in pairwise(marks))
    assert marks[1][1].text == "2026-12-21 09:00"
