"""The window's language: translations by Qt, dates by `QLocale`, amounts by babel.

English loads no translation. Other languages load ours and Qt's own, for dialogs and menus.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from PySide6.QtCore import QDate, QLibraryInfo, QLocale, QObject, QTime, QTranslator, Signal
from PySide6.QtWidgets import QApplication

from keystead_client import languages
from keystead_client.desktop.models.catalog import tr
from keystead_client.languages import Locale
from keystead_client.translator import PLAIN_ENGLISH, Language

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime
    from decimal import Decimal

# Qt's long date contains the weekday, which stands at one end in all our languages.
_WEEKDAY = re.compile(r"dddd[,،]?\s*")


class QtLanguage:
    """A `keystead_client.translator.Language`; ``translator`` is None for English."""

    def __init__(self, locale: Locale, translator: QTranslator | None) -> None:
        self.tag = locale.tag
        self._name, self._translator = locale.name, translator
        self._qt = QLocale(locale.name)
        long = self._qt.dateFormat(QLocale.FormatType.LongFormat)
        self._day = _WEEKDAY.sub("", long).strip()

    def translated(self, message: str, number: int | None) -> str | None:
        if self._translator is None:
            return None
        return self._translator.translate("", message, "", -1 if number is None else number) or None

    def day(self, day: date) -> str:
        return self._qt.toString(QDate(day.year, day.month, day.day), self._day)

    def time(self, at: datetime) -> str:
        return self._qt.toString(QTime(at.hour, at.minute), QLocale.FormatType.ShortFormat)

    def digits(self, text: str) -> str:
        zero = ord(self._qt.zeroDigit())
        return text.translate({ord("0") + n: zero + n for n in range(10)})

    def money(self, amount: Decimal, currency: str) -> str:
        from keystead_client.amounts import format_amount

        return self.digits(format_amount(amount, currency, self._name))

    def listed(self, items: Sequence[str]) -> str:
        return self._qt.createSeparatedList(items)


class ApplicationLocale(QObject):
    """The language of the application, and the translators that are loaded for it."""

    #: the language has changed: all text must be shown again
    changed = Signal()

    def __init__(self, application: QApplication) -> None:
        super().__init__(application)
        self._application = application
        self._locale: Locale | None = None
        self._loaded: tuple[QTranslator, ...] = ()

    def choose(self, chosen: str | None) -> None:
        """Use a language of `languages.LANGUAGES`; None is the system's.

        If none of the system's languages is supported, it is English without a region's formats.
        """
        system = QLocale.system()
        wanted = [*filter(None, (chosen,)), *system.uiLanguages()]
        locale = languages.choose(wanted, system.name())
        if locale == self._locale:
            return
        self._locale = locale
        for old in self._loaded:
            self._application.removeTranslator(old)
        self._loaded = _translators(locale)
        # Qt asks the translator that was installed last first.
        for new in reversed(self._loaded):
            self._application.installTranslator(new)
        tr.language = _language(locale, self._loaded)
        turned = locale is not None and locale.right_to_left
        # By name: the first mention of `Qt` builds all of its enumerations, a tenth of first paint.
        self._application.setProperty("layoutDirection", "RightToLeft" if turned else "LeftToRight")
        self.changed.emit()


def _language(locale: Locale | None, loaded: tuple[QTranslator, ...]) -> Language:
    return PLAIN_ENGLISH if locale is None else QtLanguage(locale, loaded[0] if loaded else None)


def _translators(locale: Locale | None) -> tuple[QTranslator, ...]:
    """Load the translators: ours first, then Qt's."""
    if locale is None or locale.language == languages.ENGLISH:
        return ()
    from keystead_client.ts_reader import compiled_file

    qt = QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath)
    files = (str(compiled_file(locale.language)), f"{qt}/qtbase_{locale.language}.qm")
    loaded = tuple(QTranslator() for _ in files)
    for translator, file in zip(loaded, files, strict=True):
        translator.load(file)
    return loaded
