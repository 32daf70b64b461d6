"""Charges in the REST API: https://docs.stripe.com/api/charges."""

from __future__ import annotations

from keystead_stub.stripe_sim.resources.charges import operations as charges
from keystead_stub.stripe_sim.rest.parameters import Parameters
from keystead_stub.stripe_sim.rest.resource import Resource, StoredObjects
from keystead_stub.stripe_sim.simulated_stripe import SimulatedStripe
from keystead_stub.stripe_types.api import Document


def update(stripe: SimulatedStripe, object_id: str, params: Parameters) -> Document:
    fields = params.changes("description", "receipt_email")
    params.done()
    return stripe.run(charges.update, object_id, fields)


_FILTERS = {"payment_intent": "payment_intent"}
RESOURCES = (
    Resource(
        path="charges",
        objects=StoredObjects("charge", _FILTERS, of_customer=True),
        update=update,
    ),
)
