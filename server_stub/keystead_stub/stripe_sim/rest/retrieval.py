"""`GET` requests: lists, objects, and what is expanded in them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from keystead_stub.stripe_sim.engine import lookup
from keystead_stub.stripe_sim.rest import lists
from keystead_stub.stripe_sim.rest.parameters import Parameters
from keystead_stub.stripe_sim.rest.registry import RESOURCES
from keystead_stub.stripe_sim.rest.resource import FieldReader, Resource, StoredObjects
from keystead_stub.stripe_sim.simulated_stripe import SimulatedStripe
from keystead_stub.stripe_types.api import Document
from keystead_stub.stripe_types.errors import StripeError

#: Fields that an object has only if they are expanded, by its kind.
_EXPANDABLE: dict[str, Mapping[str, FieldReader]] = {
    kind: fields for resource in RESOURCES.values() for kind, fields in resource.expandable.items()
}
_EXPANDABLE_NAMES = frozenset(name for fields in _EXPANDABLE.values() for name in fields)


def read(stripe: SimulatedStripe, path: str, params: Parameters) -> Document:
    """Answer `GET /v1/<path>`. Raises StripeError."""
    if (resource := RESOURCES.get(path)) is not None:
        return _list(stripe, resource, params)
    parent, _, last = path.rpartition("/")
    above, _, object_id = parent.rpartition("/")
    # Nested lists come before objects: `/v1/invoices/in_1/lines` would otherwise be an object named
    # "lines".
    if (owner := RESOURCES.get(above)) is not None and last in owner.nested:
        return owner.nested[last](stripe, object_id, params)
    if (resource := RESOURCES.get(parent)) is None:
        raise unrecognized(path)
    if resource.retrieve is not None:
        return resource.retrieve(stripe, last, params)
    if resource.objects is None:
        raise unrecognized(path)
    if last == "search":
        return lists.search(stripe, resource.objects, parent, params)
    return _retrieve(stripe, resource.objects, last, params)


def _list(stripe: SimulatedStripe, resource: Resource, params: Parameters) -> Document:
    if resource.get is not None:
        return resource.get(stripe, params)
    if resource.objects is None:
        raise unrecognized(resource.path)
    return lists.page(stripe, resource.objects, resource.path, params)


def _retrieve(
    stripe: SimulatedStripe, objects: StoredObjects, object_id: str, params: Parameters
) -> Document:
    expand = [str(one) for one in params.list("expand")]
    params.done()
    return expanded(stripe, objects.kind, object_id, expand)


def expanded(stripe: SimulatedStripe, kind: str, object_id: str, expand: list[str]) -> Document:
    """Return one object with its expanded fields, some of which exist only if expanded.

    Raises StripeError for a path that leads to nothing.
    """
    paths = [_split_at_computed_field(path) for path in expand]
    plain = [".".join(before) for before, _ in paths if before]
    # Plain paths are resolved in one read transaction; the others need queries of their resources.
    document = stripe.read(lookup.retrieve, kind, object_id, expand=plain)
    for before, field in paths:
        if field is not None:
            _include(stripe, document, before, field)
    return document


def _split_at_computed_field(path: str) -> tuple[list[str], str | None]:
    """Return the path to the object with the first field of `_EXPANDABLE`, and that field.

    Such a field already contains everything below it.
    """
    names = path.split(".")
    found = next((n for n, name in enumerate(names) if name in _EXPANDABLE_NAMES), None)
    return (names, None) if found is None else (names[:found], names[found])


def _include(stripe: SimulatedStripe, document: Any, before: list[str], field: str) -> None:
    for name in before:
        document = document.get(name) if isinstance(document, dict) else document
    if document is None:
        return
    kind = document.get("object") if isinstance(document, dict) else None
    read_field = _EXPANDABLE.get(str(kind), {}).get(field)
    if read_field is None:
        raise StripeError(f"This property cannot be expanded ({field}).", code="invalid_request")
    document[field] = read_field(stripe, document)


def unrecognized(path: str) -> StripeError:
    return StripeError(
        f"Unrecognized request URL: /v1/{path[:100]}.", code="url_invalid", status=404
    )
