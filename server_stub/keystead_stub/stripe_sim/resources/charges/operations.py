"""Operations on charges: https://docs.stripe.com/api/charges."""

from __future__ import annotations

from keystead_stub.stripe_sim.engine.errors import invalid_state
from keystead_stub.stripe_sim.engine.objects import Json, merged
from keystead_stub.stripe_sim.engine.unit_of_work import UnitOfWork


def update(work: UnitOfWork, charge_id: str, fields: Json) -> Json:
    """Set descriptive fields of a charge; `metadata` is merged."""
    charge = work.get("charge", charge_id)
    work.change(charge, "charge.updated", **merged(charge, fields))
    return charge


def release(work: UnitOfWork, charge: Json) -> None:
    """Release the authorized amount of a charge."""
    # Stripe shows a released authorization as a refunded charge, though no money has moved
    # (https://docs.stripe.com/payments/place-a-hold-on-a-payment-method).
    work.change(charge, "charge.refunded", amount_refunded=charge["amount"], refunded=True)


def newest_refundable(work: UnitOfWork, customer_id: str) -> Json:
    """Return the customer's newest charge that can be refunded or disputed."""
    work.get("customer", customer_id)
    charges = work.of_customer("charge", customer_id)
    for charge in reversed(charges):
        # The bank has already taken a disputed charge's money back, so it can't be refunded as
        # well.
        if charge["captured"] and not charge["refunded"] and not charge["disputed"]:
            return charge
    raise invalid_state("This customer has no charge that can be refunded or disputed.")
