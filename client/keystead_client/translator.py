"""Look up messages by id and translate them. Pure.

`Translator` holds the English source of `keystead_client.messages`. A `Language` translates it and
formats dates, numbers and amounts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Protocol

from keystead_client.messages import Plural, account, activation, checks, problems

if TYPE_CHECKING:
    from datetime import date, datetime
    from decimal import Decimal

    from keystead_client.messages import Message


class Language(Protocol):
    """A language and its region."""

    @property
    def tag(self) -> str:
        """As BCP 47 writes it: ``de-AT``."""

    def translated(self, message: str, number: int | None) -> str | None:
        """A message as it is translated, in the form for a number; None leaves the English."""

    def day(self, day: date) -> str: ...

    def time(self, at: datetime) -> str:
        """The time of a day, to the minute."""

    def digits(self, text: str) -> str:
        """A text with its digits as the language writes them."""

    def money(self, amount: Decimal, currency: str) -> str:
        """An amount in units of a currency (ISO 4217)."""

    def listed(self, items: Sequence[str]) -> str:
        """One thing and another, joined as the language does it (CLDR, standard list patterns)."""


class PlainEnglish:
    """English, and dates and amounts as ISO 8601 and ISO 4217 write them: of no region."""

    tag = "en"

    def translated(self, message: str, number: int | None) -> str | None:
        return "{date} {time}" if message == "date.minute" else None

    def day(self, day: date) -> str:
        return f"{day:%Y-%m-%d}"

    def time(self, at: datetime) -> str:
        return f"{at:%H:%M}"

    def digits(self, text: str) -> str:
        return text

    def money(self, amount: Decimal, currency: str) -> str:
        return f"{amount} {currency}"

    def listed(self, items: Sequence[str]) -> str:
        return ", ".join(items)


PLAIN_ENGLISH = PlainEnglish()


class Translator:
    """What a part of the program says: a message id and its values give the sentence."""

    __slots__ = ("_messages", "language")

    def __init__(self, *tables: Mapping[str, Message], language: Language = PLAIN_ENGLISH) -> None:
        self._messages = {name: text for table in tables for name, text in table.items()}
        #: In which it is said; another one may take its place at any time.
        self.language = language

    def __call__(self, message: str, /, **values: object) -> str:
        """The sentence; KeyError where there is none of this id, or one that is to be counted."""
        source = self._messages[message]
        if isinstance(source, Plural):
            raise KeyError(message)
        return self._filled(self.language.translated(message, None) or source, values)

    def count(self, message: str, number: int, /, **values: object) -> str:
        """The sentence in its form for a number, which is its ``{number}``.

        KeyError where there is none of this id, or one that is not to be counted.
        """
        source = self._messages[message]
        if isinstance(source, str):
            raise KeyError(message)
        english = source.one if number == 1 else source.other
        said = self.language.translated(message, number) or english
        return self._filled(said, {"number": number, **values})

    def __contains__(self, message: str) -> bool:
        return message in self._messages

    def _filled(self, text: str, values: Mapping[str, object]) -> str:
        return text.format(**{name: self._written(value) for name, value in values.items()})

    def _written(self, value: object) -> object:
        return self.language.digits(str(value)) if isinstance(value, int) else value


#: What terminal and window both say.
SHARED = (activation.MESSAGES, account.MESSAGES, problems.MESSAGES, checks.MESSAGES)
ENGLISH = Translator(*SHARED)
