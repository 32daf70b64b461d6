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
        """The language as BCP 47 writes it: ``de-AT``."""

    def translated(self, message: str, number: int | None) -> str | None:
        """Return the translation in the plural form for a number; None if there is none."""

    def day(self, day: date) -> str: ...

    def time(self, at: datetime) -> str:
        """Format the time of day, to the minute."""

    def digits(self, text: str) -> str:
        """Replace digits by those of the language."""

    def money(self, amount: Decimal, currency: str) -> str:
        """Format an amount in units of a currency (ISO 4217)."""

    def listed(self, items: Sequence[str]) -> str:
        """Join items as the language does (CLDR, standard list patterns)."""


class PlainEnglish:
    """English with ISO 8601 dates and ISO 4217 amounts, for no particular region."""

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
    """The messages of a part of the program; calling it with an id and values gives the text."""

    __slots__ = ("_messages", "command", "language")

    def __init__(
        self,
        *tables: Mapping[str, Message],
        language: Language = PLAIN_ENGLISH,
        command: str = "keystead",
    ) -> None:
        #: Fills ``{command}``: what the command line is called on this machine.
        self.command = command
        self._messages = {name: text for table in tables for name, text in table.items()}
        #: May be replaced at any time, for example when the settings change.
        self.language = language

    def __call__(self, message: str, /, **values: object) -> str:
        """Return a message. Raises KeyError if it is unknown, or has plural forms."""
        source = self._messages[message]
        if isinstance(source, Plural):
            raise KeyError(message)
        return self._filled(self.language.translated(message, None) or source, values)

    def count(self, message: str, number: int, /, **values: object) -> str:
        """Return a message in its plural form for a number, which fills ``{number}``.

        Raises KeyError if it is unknown, or has no plural forms.
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
        written = {name: self._written(value) for name, value in values.items()}
        return text.format_map({"command": self.command, **written})

    def _written(self, value: object) -> object:
        return self.language.digits(str(value)) if isinstance(value, int) else value


#: The tables that the terminal and the window share.
SHARED = (activation.MESSAGES, account.MESSAGES, problems.MESSAGES, checks.MESSAGES)
ENGLISH = Translator(*SHARED)
