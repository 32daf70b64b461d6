"""Queries in Stripe's search language. Pure.

https://docs.stripe.com/search#search-query-language
"""

from __future__ import annotations

from keystead_stub.stripe_sim.engine.search import SHORTEST_PART

_FIELDS = ("email", "name")


def customer_query(text: str) -> str:
    """Return the query for customers whose email or name contains the text, in any letter case.

    A text that is too short for a substring search has to be the whole email or name.
    """
    sign = "~" if len(text) >= SHORTEST_PART else ":"
    quoted = text.replace("\\", "\\\\").replace('"', '\\"')
    return " OR ".join(f'{field}{sign}"{quoted}"' for field in _FIELDS)
