"""Disputes in the REST API: https://docs.stripe.com/api/disputes."""

from __future__ import annotations

from keystead_stub.stripe_sim.resources.disputes import operations as disputes
from keystead_stub.stripe_sim.rest.parameters import Parameters
from keystead_stub.stripe_sim.rest.resource import Resource, StoredObjects, action
from keystead_stub.stripe_sim.simulated_stripe import SimulatedStripe
from keystead_stub.stripe_types.api import Document


def update(stripe: SimulatedStripe, object_id: str, params: Parameters) -> Document:
    evidence, submit = params.tree("evidence"), params.flag("submit")
    metadata = params.metadata()
    params.done()
    return stripe.run(
        disputes.update,
        object_id,
        {name: value or None for name, value in evidence.items()},
        metadata,
        # Evidence is submitted unless it is said to be staged.
        submit=bool(evidence) if submit is None else submit,
    )


_FILTERS = {"charge": "charge", "payment_intent": "payment_intent"}
RESOURCES = (
    Resource(
        path="disputes",
        objects=StoredObjects("dispute", _FILTERS),
        update=update,
        actions={"close": action(disputes.close)},
    ),
)
