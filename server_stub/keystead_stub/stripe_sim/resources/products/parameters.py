"""Products in the REST API: https://docs.stripe.com/api/products."""

from __future__ import annotations

from keystead_stub.stripe_sim.resources.products import operations as products
from keystead_stub.stripe_sim.resources.products.requests import NewProduct
from keystead_stub.stripe_sim.rest.parameters import Parameters
from keystead_stub.stripe_sim.rest.resource import Resource, StoredObjects, deletion
from keystead_stub.stripe_sim.simulated_stripe import SimulatedStripe
from keystead_stub.stripe_types.api import Document


def create(stripe: SimulatedStripe, given: Parameters, key: str | None) -> Document:
    request = NewProduct(
        name=given.required("name"),
        id=given.text("id"),
        description=given.text("description"),
        active=given.flag("active") is not False,
        metadata=given.metadata(),
        idempotency_key=key,
    )
    given.done()
    return stripe.submit(products.create, request)


def update(stripe: SimulatedStripe, object_id: str, given: Parameters) -> Document:
    fields = given.changes("name", "description")
    if given.has("active"):
        fields["active"] = given.flag("active")
    given.done()
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
