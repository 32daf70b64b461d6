"""Parts that the objects of several resources share."""

from __future__ import annotations

from typing import Any

from keystead.instants import to_seconds

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
    """Return the named fields with null, as Stripe's API writes absent values."""
    return dict.fromkeys(names.split())


def listing(data: list[Json], url: str) -> Json:
    """Return Stripe's list object with all objects on one page."""
    return {"object": "list", "data": data, "has_more": False, "url": url}


def automatic_tax(*fields: str) -> Json:
    return {"enabled": False, "liability": None, **dict.fromkeys(fields)}


def merged(document: Json, fields: Json) -> Json:
    """Return the fields with `metadata` merged into the object's; an empty value removes a key.

    https://docs.stripe.com/api/metadata
    """
    if "metadata" not in fields:
        return fields
    metadata = {**document["metadata"], **fields["metadata"]}
    return fields | {"metadata": {key: value for key, value in metadata.items() if value}}


def optional_seconds(instant_ms: int | None) -> int | None:
    return None if instant_ms is None else to_seconds(instant_ms)
