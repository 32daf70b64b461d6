"""Qt (window) and babel (terminal) format and pluralise alike in every language."""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from PySide6.QtCore import QTranslator

from keystead.instants import DAY_MS, HOUR_MS, MINUTE_MS, from_iso
from keystead_client import formats, languages
from keystead_client.babel_locale import BabelLanguage
from keystead_client.desktop.qt_locale import QtLanguage
from keystead_client.languages import LANGUAGES, Locale
from keystead_client.messages import activation
from keystead_client.translator import Translator
from support.translations import script

SCRIPT = script()
LOCALES = [
    *(Locale(language, region) for language, region in LANGUAGES.items()),
    *(Locale("en", "GB"), Locale("de", "AT"), Locale("es", "MX"), Locale("fr", "CA")),
    *(Locale("ar", "SA"), Locale("ar", "AE")),
]
INSTANTS = [from_iso(at) for at in ("2026-01-02T00:00:59.999Z", "2026-11-21T13:05:00Z")]
COUNTS = (*range(131), 200, 1_000, 1_002, 1_000_000)


def numbered(language: str, folder: Path) -> Path:
    """Write a translation whose texts name the chosen plural form, as a .ts and a .qm file."""
    root = ET.fromstring(SCRIPT.updated(language, None))  # noqa: S314
    for message in root.iter("message"):
        for translation in message.iter("translation"):
            translation.attrib.pop("type")
            translation.text = message.findtext("source")
            for place, form in enumerate(translation):
                translation.text = None
                form.text = f"form {place}: {{number}}"
    path = folder / f"keystead_{language}.ts"
    path.write_text(ET.tostring(root, encoding="unicode"), "utf-8")
    SCRIPT.compiled(path, path.with_suffix(".qm"))
    return path


@pytest.fixture(params=LOCALES, ids=lambda locale: locale.name)
def both(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Translator, Translator]:
    """The translators of the window and of the terminal."""
    locale: Locale = request.param
    translator, source = None, None
    if locale.language != languages.ENGLISH:
        source = numbered(locale.language, tmp_path)
        translator = QTranslator()
        assert translator.load(str(source.with_suffix(".qm")))
    window, terminal = QtLanguage(locale, translator), BabelLanguage(locale, source)
    assert window.tag == terminal.tag == locale.tag
    tables = (activation.MESSAGES,)
    return Translator(*tables, language=window), Translator(*tables, language=terminal)


def clean(text: str) -> str:
    """Remove the invisible marks and special spaces that the terminal leaves out."""
    return unicodedata.normalize("NFKC", re.sub("[\u200e\u200f\u2066-\u2069]", "", text))


def test_qt_and_babel_choose_the_same_plural_form(both: tuple[Translator, Translator]) -> None:
    for number in COUNTS:
        window, terminal = (tr.count("span.days", number) for tr in both)
        assert clean(window) == clean(terminal)


def test_qt_and_babel_format_instants_alike_and_round_down(
    both: tuple[Translator, Translator],
) -> None:
    for ms in INSTANTS:
        for write in (formats.minute, formats.day):
            window, terminal = (write(ms, UTC, tr) for tr in both)
            assert clean(window) == clean(terminal)
            assert "2026" in western(window)
    noon = western(formats.minute(INSTANTS[1] + MINUTE_MS - 1, UTC, both[0]))
    assert re.search(r"(13|1)\D{1,3}05", noon)


def western(text: str) -> str:
    return "".join(str(unicodedata.digit(char, char)) for char in text)


@pytest.mark.parametrize("amount", [0, 5, 123_456, -1_250])
@pytest.mark.parametrize("currency", ["eur", "usd", "jpy", "kwd", "xyz"])
def test_qt_and_babel_format_amounts_alike(
    both: tuple[Translator, Translator], amount: int, currency: str
) -> None:
    window, terminal = (formats.money(amount, currency, tr) for tr in both)
    assert clean(window) == clean(terminal)
    digits = "".join(char for char in western(window) if char in "0123456789")
    assert int(digits) == abs(amount)


def test_qt_and_babel_format_durations_alike(
    both: tuple[Translator, Translator],
) -> None:
    for ms in (0, MINUTE_MS, HOUR_MS + MINUTE_MS, 3 * DAY_MS + 2 * HOUR_MS):
        window, terminal = (formats.span(ms, tr) for tr in both)
        assert clean(window) == clean(terminal)
    window, terminal = (formats.elapsed(67, tr) for tr in both)
    assert window == terminal
    assert western(window) == "1:07"


@pytest.mark.parametrize("count", range(5))
def test_qt_and_babel_join_lists_alike(both: tuple[Translator, Translator], count: int) -> None:
    items = ["Export", "Sync", "CCTV", "Web"][:count]
    window, terminal = (tr.language.listed(items) for tr in both)
    assert clean(window) == clean(terminal)
    assert all(one in window for one in items)


def test_a_list_is_joined_by_the_rules_of_its_language() -> None:
    two = {
        language: BabelLanguage(Locale(language, region)).listed(["A", "B"])
        for language, region in LANGUAGES.items()
    }
    assert two == {
        "en": "A and B",
        "de": "A und B",
        "es": "A y B",
        "fr": "A et B",
        "ja": "A、B",
        "zh_CN": "A和B",
        "ar": "A وB",
    }
