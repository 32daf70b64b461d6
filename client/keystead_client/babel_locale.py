"""The language of a terminal: translations read by the standard library, formats by babel.

Babel is loaded when the first date, amount or list is formatted.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from keystead_client.languages import ENGLISH, Locale, plural_forms

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime
    from decimal import Decimal
    from pathlib import Path

    import babel

_ARABIC_DIGITS = str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")
# Plain spaces can be searched for in a terminal. The terminal itself decides about the direction of
# text, so marks for it are removed.
_CLEAN = str.maketrans(
    {"\xa0": " ", "\u202f": " "} | dict.fromkeys("\u200e\u200f\u2066\u2067\u2068\u2069")
)


class BabelLanguage:
    """A `keystead_client.translator.Language`."""

    def __init__(self, locale: Locale, source: Path | None = None) -> None:
        """``source`` is another ``.ts`` file than the one that is shipped."""
        self._locale, self._source = locale, source

    @property
    def tag(self) -> str:
        return self._locale.tag

    def translated(self, message: str, number: int | None) -> str | None:
        if self._locale.language == ENGLISH:
            return None
        forms = self._sentences.get(message)
        if forms is None:
            return None
        return forms[0 if number is None else self._form(number)].translate(_CLEAN)

    def day(self, day: date) -> str:
        from babel.dates import format_date

        return self.digits(format_date(day, "long", self._babel))

    def time(self, at: datetime) -> str:
        from babel.dates import format_time

        # Without a time zone, which babel would look up in vain: the time is local already.
        bare = at.replace(tzinfo=None)
        return self.digits(format_time(bare, "short", locale=self._babel)).translate(_CLEAN)

    def digits(self, text: str) -> str:
        arabic = self._babel.default_numbering_system == "arab"
        return text.translate(_ARABIC_DIGITS) if arabic else text

    def money(self, amount: Decimal, currency: str) -> str:
        from keystead_client.amounts import format_amount

        return self.digits(format_amount(amount, currency, self._locale.name)).translate(_CLEAN)

    def listed(self, items: Sequence[str]) -> str:
        from babel.lists import format_list

        return format_list(items, locale=self._babel).translate(_CLEAN)

    def _form(self, number: int) -> int:
        """Return the index of the plural form, in the order of `plural_forms`."""
        order = plural_forms(self._locale.language)
        name = self._babel.plural_form(number)
        # CLDR has a form for millions in Spanish and French that Qt does not know.
        return order.index(name) if name in order else -1

    @cached_property
    def _babel(self) -> babel.Locale:
        from babel import Locale as BabelLocale

        return BabelLocale.parse(self._locale.name)

    @cached_property
    def _sentences(self) -> dict[str, Sequence[str]]:
        from keystead_client.ts_reader import read_translations, source_file

        path = self._source or source_file(self._locale.language)
        return read_translations(path.read_text("utf-8"))
