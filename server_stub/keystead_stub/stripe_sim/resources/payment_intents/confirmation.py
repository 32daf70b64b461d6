"""A payment intent confirmed, whatever it is for: an invoice that is behind it is paid by it.

https://docs.stripe.com/billing/subscriptions/build-subscriptions?payment-ui=elements
"""

from __future__ import annotations

from keystead_stub.stripe_sim import hosted_payments
from keystead_stub.stripe_sim.engine.objects import Json
from keystead_stub.stripe_sim.engine.unit_of_work import UnitOfWork
from keystead_stub.stripe_sim.resources.payment_intents import operations as intents
from keystead_stub.stripe_sim.resources.payment_intents.requests import Confirmation
from keystead_stub.stripe_sim.resources.payment_methods import operations as methods


def confirm(
    work: UnitOfWork, intent: Json, wish: Confirmation, *, authenticate: bool | None = None
) -> None:
    """See `intents.confirm`; only a checkout's intent is confirmed at its own page alone."""
    behind = work.private(intent["id"]).get("behind")
    invoice = work.find("invoice", behind) if behind is not None else None
    if invoice is None:
        intents.confirm(work, intent, wish, authenticate=authenticate)
        return
    method = intents.method_for(work, intent, wish)
    if wish.return_url is not None:
        work.remember(intent["id"], return_url=wish.return_url)
    work.change(intent, None, payment_method=method["id"], last_payment_error=None)
    result = hosted_payments.pay_invoice(
        work,
        invoice["id"],
        card=method["id"],
        authenticate=authenticate,
        page=intents.page_of(work, intent),
    )
    if result.status == "paid" and intent["setup_future_usage"] and method["customer"] is None:
        methods.give(work, method, intent["customer"])
