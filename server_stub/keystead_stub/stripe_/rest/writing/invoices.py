"""Invoices."""

from __future__ import annotations

from keystead_stub.stripe_.interface import Document
from keystead_stub.stripe_.rest.parameters import Parameters
from keystead_stub.stripe_.rest.writing.area import Area
from keystead_stub.stripe_.simulated.methods import declined
from keystead_stub.stripe_.simulated.stripe import SimulatedStripe


def pay_invoice(stripe: SimulatedStripe, object_id: str, given: Parameters) -> Document:
    method = given.text("payment_method")
    for name in ("off_session", "paid_out_of_band"):
        given.text(name)
    given.done()
    result = stripe.pay_invoice(object_id, card=method)
    if result.status in {"declined", "requires_action"}:
        raise declined(result.code or "generic_decline")
    return stripe.retrieve("invoice", object_id)


AREA = Area(act={("invoices", "pay"): pay_invoice})
