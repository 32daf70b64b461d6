"""Changing the language at run time, and text that is not translated."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QLabel, QSpinBox, QWidget
from pytestqt.qtbot import QtBot

from keystead.local_api import Settings
from keystead_client.desktop.models.app_state import AppState
from keystead_client.desktop.models.catalog import TABLES, tr
from keystead_client.languages import OWN_NAMES
from keystead_client.translator import PLAIN_ENGLISH, SHARED, Language
from support import activations
from support.desktop_world import World
from support.person import Person, read_out, written
from support.pseudo_locale import PseudoLocale
from support.window_screenshots import ScreenRenderer, screen_gallery

PSEUDO = PseudoLocale(*SHARED, *TABLES)
NAMES = tuple(name for name, _ in screen_gallery())
#: Text that is not ours and stays the same in every language; and amounts, dates, times.
#: Names of other parties, symbols, and the gallery's data from the daemon.
OTHERS = {
    *OWN_NAMES.values(),
    *("Pro", "Solo", "Export", "Sync", "Study", "Old laptop", "+", "−"),
    *("The daemon is not installed.", "Install it."),
    "The billing service could not be reached.\nCheck the connection.",
    "The system's keyring is locked.\nUnlock it.",
}
DATA = re.compile(r"[\d\s.,:%/–—-]*|.*\d.*[A-Z]{3}|https?://\S*|\S+@\S+|[A-Z]{2,}-\d+.*", re.DOTALL)


@contextmanager
def using_language(language: Language) -> Iterator[None]:
    tr.language = language
    try:
        yield
    finally:
        tr.language = PLAIN_ENGLISH


def shown(bot: QtBot, state: AppState) -> QWidget:
    studio = ScreenRenderer()
    bot.addWidget(studio.window)
    studio.store.replace(state)
    bot.waitExposed(studio.window)
    QApplication.processEvents()
    studio.store.replace(state)
    QApplication.processEvents()
    return studio.window


def visible_texts(window: QWidget) -> Iterator[str]:
    for one in window.findChildren(QWidget):
        if not one.isVisible():
            continue
        if isinstance(one, QLabel | QAbstractButton) and written(one):
            yield written(one)
        if read_out(one):
            yield read_out(one)


@pytest.mark.parametrize("name", NAMES)
def test_every_text_is_a_message(qtbot: QtBot, name: str) -> None:
    with using_language(PSEUDO):
        said = list(visible_texts(shown(qtbot, dict(screen_gallery())[name])))
    bare = {text for text in said if "⟦" not in text and not DATA.fullmatch(text)}
    assert bare - OTHERS == set()


def test_a_change_of_language_keeps_what_was_typed(world: World) -> None:
    daemon, person = world.at(activations.unactivated())
    daemon.answers["settings.set"] = lambda wish: Settings(language="ar", appearance="light")
    person.clicks("I already paid")
    person.types("Email address", "ada@example.org")
    person.clicks("Settings")
    person.clicks("Light")
    person.bot.waitUntil(lambda: QApplication.layoutDirection() is Qt.LayoutDirection.RightToLeft)
    entries = [one for one in person.window.findChildren(QAbstractButton) if one.isVisible()]
    rows = [one.mapTo(person.window, one.rect().topLeft()).x() for one in entries[:3]]
    assert rows == sorted(rows, reverse=True)
    world.app_locale.choose(None)
    assert QApplication.layoutDirection() is Qt.LayoutDirection.LeftToRight
    person.sees("Appearance")
    person.clicks("Overview")
    person.clicks("I already paid")
    person.sees("ada@example.org")


def test_the_first_paint_is_in_the_system_s_language(world: World) -> None:
    world.app_locale.choose("de")
    assert tr.language.tag == "de-DE"
    world.app_locale.choose("tlh")
    assert tr.language is PLAIN_ENGLISH


def fields(person: Person) -> list[QSpinBox]:
    return person.window.findChildren(QSpinBox)


def test_seats_are_counted_in_the_language_s_own_digits(world: World) -> None:
    daemon = world.daemon(activations.unactivated())
    daemon.answers["settings.get"] = lambda _: Settings(language="ar", appearance="light")
    person = world.window()
    person.sees("Pro")
    # The page is rebuilt in the chosen language.
    person.bot.waitUntil(lambda: [one.text() for one in fields(person)] == ["١"])
    (field,) = fields(person)
    field.stepUp()
    assert field.text() == "٢"
    field.selectAll()
    QTest.keyClicks(field, "4")
    assert field.value() == 4
    field.stepUp()
    assert field.text() == "٥"
