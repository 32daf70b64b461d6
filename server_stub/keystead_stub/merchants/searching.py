"""What people type, in Stripe's search language. Pure.

https://docs.stripe.com/search#search-query-language
"""

from __future__ import annotations

#: Stripe compares with a part of a text from this length on; what is shorter has to be the whole.
SHORTEST_PART = 3
_FIELDS = ("email", "name")


def of_people(text: str) -> str:
    """The query for customers whose email or name holds the text, in any case of its letters."""
    sign = "~" if len(text) >= SHORTEST_PART else ":"
    quoted = text.replace("\\", "\\\\").replace('"', '\\"')
    return " OR ".join(f'{field}{sign}"{quoted}"' for field in _FIELDS)
