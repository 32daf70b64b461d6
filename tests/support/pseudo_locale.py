"""A pseudo-locale that reveals untranslated text and text without enough room."""

from __future__ import annotations

import re
from collections.abc import Mapping

from keystead_client.messages import Message, Plural
from keystead_client.translator import PlainEnglish

_ACCENTED = str.maketrans("aeiouncsyAEIOUNCSY", "áéíóúñçšýÁÉÍÓÚÑÇŠÝ")
_HOLE = re.compile(r"(\{\w+\})")
#: The factor by which another language may be longer than English.
_LONGER = 0.4


class PseudoLocale(PlainEnglish):
    """English with accents, in brackets, and longer by 40 %."""

    def __init__(self, *tables: Mapping[str, Message]) -> None:
        self._messages = {name: text for table in tables for name, text in table.items()}

    def translated(self, message: str, number: int | None) -> str | None:
        source = self._messages[message]
        if isinstance(source, Plural):
            source = source.one if number == 1 else source.other
        parts = _HOLE.split(source)
        words = "".join(
            part if at % 2 else part.translate(_ACCENTED) for at, part in enumerate(parts)
        )
        bare = sum(len(part) for part in parts[::2])
        more = " ".join(["ëxträ"] * round(bare * _LONGER / 6))
        return f"⟦{words} {more}⟧" if more else f"⟦{words}⟧"
