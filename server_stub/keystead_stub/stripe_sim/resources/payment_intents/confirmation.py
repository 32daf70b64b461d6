"""Confirmation of payment intents, of their own or of an invoice that they pay.

https://docs.stripe.com/billing/subscriptions/build-subscriptions?payment-ui=elements
"""

from __future__ import annotations

from keystead_stub.stripe_sim.engine.objects import Json
from keystead_stub.stripe_sim.engine.unit_of_work import UnitOfWork
from keystead_stub.stripe_sim.resources.invoices import payment
from keystead_stub.stripe_sim.resources.payment_intents import operations as intents
from keystead_stub.stripe_sim.resources.payment_intents.requests import Confirmation
from keystead_stub.stripe_sim.resources.payment_methods import operations as payment_methods


def confirm(
    work: UnitOfWork,
    intent_id: str,
    confirmation: Confirmation,
    *,
    authenticate: bool | None = None,
) -> Json:
    """Confirm a standalone intent or an invoice's; Checkout's are confirmed on its page."""
    intent = work.get(intents.KIND, intent_id)
    pays_for = work.private(intent["id"]).get("behind")
    invoice = work.find("invoice", pays_for) if pays_for is not None else None
    if invoice is None:
        intents.confirm(work, intent, confirmation, authenticate=authenticate)
        return intent
    method = intents.payment_method_for(work, intent, confirmation)
    if confirmation.return_url is not None:
        work.update_private(intent["id"], return_url=confirmation.return_url)
    # Cleared first: an earlier attempt's error must not look like this one's.
    work.change(intent, None, payment_method=method["id"], last_payment_error=None)
    # Paid through the invoice, so that its status and its subscription follow.
    result = payment.pay(
        work,
        invoice["id"],
        card=method["id"],
        authenticate=authenticate,
        page=intents.page_url(work, intent),
    )
    if result.status == "paid" and intent["setup_future_usage"] and method["customer"] is None:
        payment_methods.attach_to(work, method, intent["customer"])
    return intent
