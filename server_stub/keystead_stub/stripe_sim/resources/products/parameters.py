"""Products in the REST API: https://docs.stripe.com/api/products."""

from __future__ import annotations

from keystead_stub.stripe_sim.resources.products import operations as products
from keystead_stub.stripe_sim.resources.products.requests import NewProduct
from keystead_stub.stripe_sim.rest.parameters import MAX_ID, Parameters
from keystead_stub.stripe_sim.rest.resource import Resource, StoredObjects, deletion
from keystead_stub.stripe_sim.simulated_stripe import SimulatedStripe
from keystead_stub.stripe_types.api import Document


def create(stripe: SimulatedStripe, params: Parameters, key: str | None) -> Document:
    request = NewProduct(
        name=params.required("name"),
        id=params.text("id", most=MAX_ID),
        description=params.text("description"),
        active=params.flag("active") is not False,
        metadata=params.metadata(),
        idempotency_key=key,
    )
    params.done()
    return stripe.submit(products.create, request)


def update(stripe: SimulatedStripe, object_id: str, params: Parameters) -> Document:
    fields = params.changes("name", "description")
    if params.has("active"):
        fields["active"] = params.flag("active")
    params.done()
    return stripe.run(products.update, object_id, fields)


RESOURCES = (
    Resource(
        path="products",
        objects=StoredObjects("product", {"active": "active"}),
        create=create,
        update=update,
        delete=deletion("product", products.delete),
    ),
)
