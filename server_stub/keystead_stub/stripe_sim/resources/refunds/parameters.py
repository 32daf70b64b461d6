"""Refunds in the REST API: https://docs.stripe.com/api/refunds."""

from __future__ import annotations

from typing import Any

from keystead_stub.stripe_sim.engine.errors import invalid_parameter
from keystead_stub.stripe_sim.resources.refunds import operations as refunds
from keystead_stub.stripe_sim.resources.refunds.requests import NewRefund
from keystead_stub.stripe_sim.rest.parameters import Parameters
from keystead_stub.stripe_sim.rest.resource import Resource, StoredObjects
from keystead_stub.stripe_sim.simulated_stripe import SimulatedStripe
from keystead_stub.stripe_types.api import Document


def create(stripe: SimulatedStripe, params: Parameters, key: str | None) -> Document:
    reason: Any = params.choice("reason", "duplicate", "fraudulent", "requested_by_customer")
    request = NewRefund(
        charge_id=params.text("charge"),
        payment_intent_id=params.text("payment_intent"),
        amount=params.whole("amount"),
        reason=reason,
        metadata=params.metadata(),
        idempotency_key=key,
    )
    params.done()
    if request.charge_id is None and request.payment_intent_id is None:
        raise invalid_parameter("charge")
    return stripe.submit(refunds.create, request)


def update(stripe: SimulatedStripe, object_id: str, params: Parameters) -> Document:
    metadata = params.metadata()
    params.done()
    return stripe.run(refunds.update, object_id, {"metadata": metadata})


_FILTERS = {"charge": "charge", "payment_intent": "payment_intent"}
RESOURCES = (
    Resource(
        path="refunds",
        objects=StoredObjects("refund", _FILTERS),
        create=create,
        update=update,
    ),
)
