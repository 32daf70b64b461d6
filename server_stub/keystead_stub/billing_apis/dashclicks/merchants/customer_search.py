"""What people type, in Stripe's search language. Pure.

https://docs.stripe.com/search#search-query-language
"""

from __future__ import annotations

from keystead_stub.stripe_sim.engine.search import SHORTEST_PART

_FIELDS = ("email", "name")


def of_people(text: str) -> str:
    """The query for customers whose email or name holds the text, in any case of its letters.

    Where it is too short to be a part of them, they have to be it.
    """
    sign = "~" if len(text) >= SHORTEST_PART else ":"
    quoted = text.replace("\\", "\\\\").replace('"', '\\"')
    return " OR ".join(f'{field}{sign}"{quoted}"' for field in _FIELDS)
