"""What can be read: by each area's module, or as one object of a list of objects."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from keystead_stub.stripe_sim.engine import lookup
from keystead_stub.stripe_sim.rest.parameters import Parameters
from keystead_stub.stripe_sim.rest.reading import (
    accounts,
    checkouts,
    goods,
    invoices,
    lists,
    meters,
    money,
    people,
    portal,
    subscriptions,
)
from keystead_stub.stripe_sim.rest.reading.area import Included, Reader, ReaderOf, Resource
from keystead_stub.stripe_sim.simulated_stripe import SimulatedStripe
from keystead_stub.stripe_types.api import Document
from keystead_stub.stripe_types.errors import StripeError

_AREAS = (
    accounts.AREA,
    checkouts.AREA,
    goods.AREA,
    invoices.AREA,
    meters.AREA,
    money.AREA,
    people.AREA,
    portal.AREA,
    subscriptions.AREA,
)

RESOURCES: dict[str, Resource] = {k: one for area in _AREAS for k, one in area.resources.items()}
ALONE: dict[str, Reader] = {path: read for area in _AREAS for path, read in area.alone.items()}
ONE: dict[str, ReaderOf] = {path: read for area in _AREAS for path, read in area.one.items()}
WITHIN: dict[tuple[str, str], ReaderOf] = {
    k: read for area in _AREAS for k, read in area.within.items()
}
#: Fields that an object has only where they are asked for, by its kind.
_INCLUDABLE: dict[str, Mapping[str, Included]] = {
    kind: fields for area in _AREAS for kind, fields in area.included.items()
}
_ANY_INCLUDABLE = frozenset(name for fields in _INCLUDABLE.values() for name in fields)


def read(stripe: SimulatedStripe, path: str, given: Parameters) -> Document:
    """What is at that path of the API. Raises StripeError."""
    if (alone := ALONE.get(path)) is not None:
        return alone(stripe, given)
    if (listed := RESOURCES.get(path)) is not None:
        return lists.page(stripe, listed, path, given)
    resource, _, last = path.rpartition("/")
    above, _, object_id = resource.rpartition("/")
    if (within := WITHIN.get((above, last))) is not None:
        return within(stripe, object_id, given)
    if (one := ONE.get(resource)) is not None:
        return one(stripe, last, given)
    if (known := RESOURCES.get(resource)) is None:
        raise missing(path)
    if last == "search":
        return lists.search(stripe, known, resource, given)
    return _retrieve(stripe, known, last, given)


def _retrieve(
    stripe: SimulatedStripe, resource: Resource, object_id: str, given: Parameters
) -> Document:
    expand = [str(one) for one in given.list("expand")]
    given.done()
    return expanded(stripe, resource.kind, object_id, expand)


def expanded(stripe: SimulatedStripe, kind: str, object_id: str, expand: list[str]) -> Document:
    """One object with what is asked for beside it, some of which is there only when it is.

    Raises StripeError for a path that leads to nothing.
    """
    ways = [_way(path) for path in expand]
    plain = [".".join(before) for before, _ in ways if before]
    document = stripe.read(lookup.retrieve, kind, object_id, expand=plain)
    for before, field in ways:
        if field is not None:
            _include(stripe, document, before, field)
    return document


def _way(path: str) -> tuple[list[str], str | None]:
    """The path to the object that has the first field of `_INCLUDABLE` in it, and that field.

    What is under such a field comes whole with it.
    """
    names = path.split(".")
    found = next((n for n, name in enumerate(names) if name in _ANY_INCLUDABLE), None)
    return (names, None) if found is None else (names[:found], names[found])


def _include(stripe: SimulatedStripe, document: Any, before: list[str], field: str) -> None:
    for name in before:
        document = document.get(name) if isinstance(document, dict) else document
    if document is None:
        return
    kind = document.get("object") if isinstance(document, dict) else None
    read_field = _INCLUDABLE.get(str(kind), {}).get(field)
    if read_field is None:
        raise StripeError(f"There is no {field} to expand.", code="invalid_request")
    document[field] = read_field(stripe, document)


def missing(path: str) -> StripeError:
    return StripeError(
        f"Unrecognized request URL: /v1/{path[:100]}.", code="url_invalid", status=404
    )
