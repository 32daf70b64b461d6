"""What the REST API offers of a resource: its requests, each with the function that answers it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from keystead_stub.stripe_sim.engine.unit_of_work import UnitOfWork
from keystead_stub.stripe_sim.rest.parameters import Parameters
from keystead_stub.stripe_sim.simulated_stripe import SimulatedStripe
from keystead_stub.stripe_types.api import Document

#: Answers a request about no single object.
Reader = Callable[[SimulatedStripe, Parameters], Document]
#: Answers a request about the object of an id.
ObjectReader = Callable[[SimulatedStripe, str, Parameters], Document]
#: Returns a field that an object has only if it is expanded.
FieldReader = Callable[[SimulatedStripe, Document], Any]
#: Creates an object; the text is the idempotency key.
Creator = Callable[[SimulatedStripe, Parameters, str | None], Document]
#: Changes the object of an id.
Changer = Callable[[SimulatedStripe, str, Parameters], Document]


class StoredObjects(msgspec.Struct, frozen=True):
    """Objects of one kind, listed and retrieved as they are stored.

    `filters` are the list's parameters by the fields that they are compared with.
    """

    kind: str
    filters: dict[str, str] = {}
    of_customer: bool = False
    of_payout: bool = False


class Resource(msgspec.Struct, frozen=True, kw_only=True):
    """The requests below one path.

    - `objects`: `GET /v1/<path>`, `/<path>/search` and `/<path>/<id>`, as they are stored
    - `get` and `retrieve`: instead of those, `GET /v1/<path>` and `/<path>/<id>`
    - `nested`: `GET /v1/<path>/<id>/<name>`
    - `expandable`: fields that exist only if they are expanded, by object kind and name
    - `create`: `POST /v1/<path>`; `update`: `POST /v1/<path>/<id>`
    - `actions`: `POST /v1/<path>/<id>/<name>`
    - `delete`: `DELETE /v1/<path>/<id>`; `delete_nested`: `DELETE /v1/<path>/<id>/<name>`
    """

    path: str
    objects: StoredObjects | None = None
    get: Reader | None = None
    retrieve: ObjectReader | None = None
    nested: Mapping[str, ObjectReader] = {}
    expandable: Mapping[str, Mapping[str, FieldReader]] = {}
    create: Creator | None = None
    update: Changer | None = None
    actions: Mapping[str, Changer] = {}
    delete: Changer | None = None
    delete_nested: Mapping[str, Changer] = {}


def action(operation: Callable[[UnitOfWork, str], Document]) -> Changer:
    """Return the request that runs an operation and takes no parameters."""

    def act(stripe: SimulatedStripe, object_id: str, params: Parameters) -> Document:
        params.done()
        return stripe.run(operation, object_id)

    return act


def deletion(kind: str, operation: Callable[[UnitOfWork, str], object]) -> Changer:
    """Return the request that deletes an object; the response marks its id as deleted."""

    def delete(stripe: SimulatedStripe, object_id: str, params: Parameters) -> Document:
        params.done()
        stripe.run(operation, object_id)
        return {"id": object_id, "object": kind, "deleted": True}

    return delete
