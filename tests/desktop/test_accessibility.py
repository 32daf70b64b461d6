"""Accessibility: accessible names, mnemonics, contrast, and no truncated text."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from itertools import pairwise, product

import pytest
from PySide6.QtCore import QEvent, Qt, QTextBoundaryFinder, QTranslator
from PySide6.QtGui import QAccessible, QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QLabel,
    QProgressBar,
    QWidget,
)
from pytestqt.qtbot import QtBot

from keystead_client.desktop import theme
from keystead_client.desktop.models.app_state import AppState
from keystead_client.desktop.models.catalog import TABLES, tr
from keystead_client.desktop.qt_locale import QtLanguage
from keystead_client.languages import LANGUAGES, Locale
from keystead_client.translator import PLAIN_ENGLISH, SHARED, Language
from keystead_client.ts_reader import compiled_file
from support.person import read_out, written
from support.pseudo_locale import PseudoLocale
from support.window_screenshots import ScreenRenderer, screen_gallery

GALLERY = dict(screen_gallery())
PSEUDO = PseudoLocale(*SHARED, *TABLES)


@pytest.fixture(scope="module", params=GALLERY)
def screen(request: pytest.FixtureRequest, qapp: QApplication) -> Iterator[QWidget]:
    """Return a window on each screen, shown once for all tests that only read it."""
    window = opened(GALLERY[request.param])
    yield window
    window.close()
    window.deleteLater()
    qapp.sendPostedEvents(None, QEvent.Type.DeferredDelete)


def shown(bot: QtBot, state: AppState) -> QWidget:
    """Return a window for one test, on a screen."""
    window = opened(state)
    bot.addWidget(window)
    return window


def opened(state: AppState) -> QWidget:
    studio = ScreenRenderer()
    studio.store.replace(state)
    assert QTest.qWaitForWindowExposed(studio.window)
    QApplication.processEvents()
    studio.store.replace(state)
    QApplication.processEvents()
    return studio.window


def visible(window: QWidget) -> list[QWidget]:
    return [one for one in window.findChildren(QWidget) if one.isVisible()]


def test_focusable_and_moving_widgets_have_an_accessible_name(screen: QWidget) -> None:
    nameless = [
        one
        for one in visible(screen)
        if isinstance(one, QAbstractButton | QProgressBar)
        or (one.focusPolicy() & Qt.FocusPolicy.TabFocus and one.focusProxy() is None)
        if not read_out(one) and one.objectName() != "qt_spinbox_lineedit"
    ]
    assert nameless == []


def test_a_screen_reader_reads_what_is_written(screen: QWidget) -> None:
    for one in visible(screen):
        if isinstance(one, QLabel) and written(one):
            interface = QAccessible.queryAccessibleInterface(one)
            assert interface is not None
            assert written(one) in interface.text(QAccessible.Text.Name)


def test_mnemonics_are_unique_on_a_page(screen: QWidget) -> None:
    tr = [one.text() for one in visible(screen) if isinstance(one, QAbstractButton | QLabel)]
    letters = [QKeySequence.mnemonic(text).toString() for text in tr]
    given = [letter for letter in letters if letter]
    assert len(given) == len(set(given))


def test_every_control_is_reached_by_tab(screen: QWidget) -> None:
    wanted = {
        one
        for one in visible(screen)
        if isinstance(one, QAbstractButton) and one.isEnabled() and not is_unchecked_radio(one)
    }
    reached: set[QWidget] = set()
    at = screen.nextInFocusChain()
    while at is not None and at is not screen:
        if at.isVisible() and at.isEnabled() and at.focusPolicy() & Qt.FocusPolicy.TabFocus:
            reached.add(at)
        at = at.nextInFocusChain()
    assert wanted <= reached


@pytest.mark.parametrize("name", ["plans", "settings-proxy", "billing", "active", "restore"])
def test_the_keyboard_focus_is_visible(qtbot: QtBot, name: str) -> None:
    window = shown(qtbot, GALLERY[name])
    settle(qtbot, window)
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    controls = [
        one
        for one in visible(window)
        if one.focusPolicy() & Qt.FocusPolicy.TabFocus and one.isEnabled()
    ]
    for one in controls:
        if (before := QApplication.focusWidget()) is not None:
            before.clearFocus()
        without = window.grab().toImage()
        one.setFocus(Qt.FocusReason.TabFocusReason)
        assert window.grab().toImage() != without, read_out(one)


def is_unchecked_radio(button: QAbstractButton) -> bool:
    """Return whether it is an unchecked radio button, which arrow keys reach and Tab does not."""
    return button.group() is not None and not button.isChecked()


#: The pseudo-locale has the longest words, Japanese the widest ones, and Arabic is mirrored.
EVERY_RUN = {(1.0, "ja"), (1.0, "ar"), (2.0, "pseudo")}


@pytest.mark.parametrize(
    ("times", "language"),
    [
        pytest.param(*case, marks=[] if case in EVERY_RUN else pytest.mark.nightly)
        for case in product([1.0, 2.0], ["en", "pseudo", "de", "es", "fr", "ja", "zh_CN", "ar"])
    ],
)
def test_no_text_is_cut_off(qapp: QApplication, qtbot: QtBot, times: float, language: str) -> None:
    tr.language = language_of(language)
    usual = qapp.font()
    larger = qapp.font()
    larger.setPointSizeF(usual.pointSizeF() * times)
    qapp.setFont(larger)
    try:
        for name, state in GALLERY.items():
            window = shown(qtbot, state)
            settle(qtbot, window)
            assert [(name, text) for text in truncated_texts(window)] == []
    finally:
        qapp.setFont(usual)
        tr.language = PLAIN_ENGLISH


def language_of(language: str) -> Language:
    if language in (PLAIN_ENGLISH.tag, "pseudo"):
        return PLAIN_ENGLISH if language == PLAIN_ENGLISH.tag else PSEUDO
    translator = QTranslator()
    assert translator.load(str(compiled_file(language)))
    return QtLanguage(Locale(language, LANGUAGES[language]), translator)


def settle(bot: QtBot, window: QWidget) -> None:
    """Wait until a changed layout is applied, which takes several turns of the event loop."""
    with suppress(bot.TimeoutError):
        bot.waitUntil(lambda: not any(truncated_texts(window)), timeout=10_000)


def truncated_texts(window: QWidget) -> Iterator[str]:
    for one in visible(window):
        if isinstance(one, QLabel) and one.text():
            if one.heightForWidth(one.width()) > one.height():
                yield f"{one.text()} {one.size()} {one.heightForWidth(one.width())}"
            yield from too_wide_words(one)
        elif isinstance(one, QAbstractButton) and one.sizeHint().width() > one.width():
            yield one.text()


def too_wide_words(shown: QLabel) -> Iterator[str]:
    """Yield words that are wider than their label; in Japanese and Chinese, characters."""
    text = written(shown)
    finder = QTextBoundaryFinder(QTextBoundaryFinder.BoundaryType.Line, text)
    breaks = [0, *iter(finder.toNextBoundary, -1)]
    for word in (text[begin:end].strip() for begin, end in pairwise(breaks)):
        if shown.fontMetrics().horizontalAdvance(word) > shown.width():
            yield word


def test_right_to_left_mirrors_the_layout(qapp: QApplication, qtbot: QtBot) -> None:
    qapp.setLayoutDirection(Qt.LayoutDirection.RightToLeft)
    try:
        window = shown(qtbot, GALLERY["active"])
        buttons = [one for one in visible(window) if isinstance(one, QAbstractButton)]
        for row in ("place", "primary secondary"):
            there = [one for one in buttons if one.property("role") in row.split()]
            entries = [one.mapTo(window, one.rect().topLeft()).x() for one in there]
            assert len(entries) > 1
            assert entries == sorted(entries, reverse=True)
    finally:
        qapp.setLayoutDirection(Qt.LayoutDirection.LeftToRight)


@pytest.mark.parametrize("colours", [theme.LIGHT, theme.DARK], ids=["light", "dark"])
def test_every_text_has_enough_contrast(colours: theme.Colours) -> None:
    grounds = (colours.window, colours.surface)
    pairs = [(text, ground) for text in (colours.text, colours.muted) for ground in grounds]
    pairs += [(colours.link, ground) for ground in grounds]
    pairs += [(colours.accent.text, colours.accent.ground)]
    pairs += [(colours.accent.text, colours.accent_pressed)]
    pairs += [(tone.text, tone.ground) for tone in colours.tones.values()]
    # The selected plan and the current navigation entry.
    pairs += [(text, colours.tones["wait"].ground) for text in (colours.text, colours.muted)]
    low = {pair: round(contrast(*pair), 2) for pair in pairs if contrast(*pair) < 4.5}
    assert low == {}


@pytest.mark.parametrize("colours", [theme.LIGHT, theme.DARK], ids=["light", "dark"])
def test_every_control_has_an_edge_with_enough_contrast(colours: theme.Colours) -> None:
    # WCAG 2.2 §1.4.11: 3:1 for the edge of a control and for its focus indicator.
    for ground in (colours.window, colours.surface, colours.tones["wait"].ground):
        assert contrast(colours.control_line, ground) >= 3
        assert contrast(colours.accent.ground, ground) >= 3


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio of two colours by WCAG 2.2."""
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def luminance(colour: str) -> float:
    """Return the relative luminance of ``#rrggbb`` by WCAG 2.2."""
    red, green, blue = (linear(int(colour[i : i + 2], 16) / 255) for i in (1, 3, 5))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def linear(part: float) -> float:
    return part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
