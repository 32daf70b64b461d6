"""What a person reads, by message id, with its English source: one table a part of the program.

What stands in braces is filled in. Nothing here names a status code, a file or a word of the wire.
Where a number decides the form of a word, the message is a `Plural`, and is asked for with a count.
"""

from __future__ import annotations

from typing import NamedTuple


class Plural(NamedTuple):
    """A message in its English forms; ``{number}`` is the count that decides between them."""

    one: str
    other: str


Message = str | Plural
