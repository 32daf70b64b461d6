"""Money that goes back."""

from __future__ import annotations

from keystead_stub.stripe_.interface import Document, StripeRefused
from keystead_stub.stripe_.rest.parameters import Parameters, invalid
from keystead_stub.stripe_.rest.writing.area import Area
from keystead_stub.stripe_.simulated.stripe import SimulatedStripe


async def create_refund(stripe: SimulatedStripe, given: Parameters, key: str | None) -> Document:
    charge_id, intent_id = given.text("charge"), given.text("payment_intent")
    amount = given.whole("amount")
    given.text("reason")
    given.done()
    if charge_id is None:
        if intent_id is None:
            raise invalid("charge")
        charge_id = stripe.retrieve("payment_intent", intent_id)["latest_charge"]
    charge = stripe.retrieve("charge", charge_id or "")
    refunded = stripe.refund(charge["customer"], amount=amount)
    if refunded["id"] != charge["id"]:
        raise StripeRefused("Only the newest payment is given back here.", code="charge_invalid")
    newest: Document = refunded["refunds"]["data"][0]
    return newest


AREA = Area(create={"refunds": create_refund})
