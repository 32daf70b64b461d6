"""Queries in Stripe's search language. Pure.

https://docs.stripe.com/search#search-query-language
"""

from __future__ import annotations

_FIELDS = ("email", "name")
#: Stripe searches for substrings (`~`) of three characters or more.
_MIN_SUBSTRING = 3


def customer_query(text: str) -> str:
    """Return the query for customers whose email or name contains the text, in any letter case.

    A text that is too short for a substring search has to be the whole email or name.
    """
    sign = "~" if len(text) >= _MIN_SUBSTRING else ":"
    quoted = text.replace("\\", "\\\\").replace('"', '\\"')
    return " OR ".join(f'{field}{sign}"{quoted}"' for field in _FIELDS)
