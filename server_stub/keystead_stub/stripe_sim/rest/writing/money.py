"""Money that goes back: refunds and disputes; and what is said of charges."""

from __future__ import annotations

from typing import Any

from keystead_stub.stripe_sim.resources.charges import operations as charges
from keystead_stub.stripe_sim.resources.disputes import operations as disputes
from keystead_stub.stripe_sim.resources.refunds import operations as refunds
from keystead_stub.stripe_sim.resources.refunds.requests import NewRefund
from keystead_stub.stripe_sim.rest.parameters import Parameters, invalid
from keystead_stub.stripe_sim.rest.writing.area import Area
from keystead_stub.stripe_sim.simulated_stripe import SimulatedStripe
from keystead_stub.stripe_types.api import Document


async def create_refund(stripe: SimulatedStripe, given: Parameters, key: str | None) -> Document:
    reason: Any = given.choice("reason", "duplicate", "fraudulent", "requested_by_customer")
    request = NewRefund(
        charge_id=given.text("charge"),
        payment_intent_id=given.text("payment_intent"),
        amount=given.whole("amount"),
        reason=reason,
        metadata=given.metadata(),
        idempotency_key=key,
    )
    given.done()
    if request.charge_id is None and request.payment_intent_id is None:
        raise invalid("charge")
    return stripe.submit(refunds.create, request)


def update_charge(stripe: SimulatedStripe, object_id: str, given: Parameters) -> Document:
    texts = ("description", "receipt_email")
    fields: dict[str, Any] = {name: given.text(name) for name in texts if given.has(name)}
    if given.has("metadata"):
        fields["metadata"] = given.metadata()
    given.done()
    return stripe.run(charges.update, object_id, fields)


def update_refund(stripe: SimulatedStripe, object_id: str, given: Parameters) -> Document:
    metadata = given.metadata()
    given.done()
    return stripe.run(refunds.update, object_id, {"metadata": metadata})


def update_dispute(stripe: SimulatedStripe, object_id: str, given: Parameters) -> Document:
    evidence, submit = given.tree("evidence"), given.flag("submit")
    metadata = given.metadata()
    given.done()
    return stripe.run(
        disputes.update,
        object_id,
        {name: value or None for name, value in evidence.items()},
        metadata,
        # Evidence is submitted unless it is said to be staged.
        submit=bool(evidence) if submit is None else submit,
    )


def close_dispute(stripe: SimulatedStripe, object_id: str, given: Parameters) -> Document:
    given.done()
    return stripe.run(disputes.close, object_id)


AREA = Area(
    create={"refunds": create_refund},
    update={"charges": update_charge, "disputes": update_dispute, "refunds": update_refund},
    act={("disputes", "close"): close_dispute},
)
