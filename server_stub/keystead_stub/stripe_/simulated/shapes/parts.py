"""What several objects are made of."""

from __future__ import annotations

from typing import Any

Json = dict[str, Any]

NO_ADDRESS = {
    "city": None,
    "country": None,
    "line1": None,
    "line2": None,
    "postal_code": None,
    "state": None,
}


def nulls(names: str) -> Json:
    """Return the named fields, absent as Stripe's API writes it."""
    return dict.fromkeys(names.split())


def listing(data: list[Json], url: str) -> Json:
    """Return Stripe's list object, with everything on its first page."""
    return {"object": "list", "data": data, "has_more": False, "url": url}


def automatic_tax(*fields: str) -> Json:
    return {"enabled": False, "liability": None, **dict.fromkeys(fields)}
