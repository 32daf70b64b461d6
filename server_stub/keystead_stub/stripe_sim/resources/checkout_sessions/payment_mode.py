"""Completion of sessions in payment mode.

https://docs.stripe.com/payments/checkout/how-checkout-works
"""

from __future__ import annotations

from keystead_stub.stripe_sim.engine.objects import Json
from keystead_stub.stripe_sim.engine.unit_of_work import UnitOfWork
from keystead_stub.stripe_sim.resources.checkout_sessions import buyer
from keystead_stub.stripe_sim.resources.checkout_sessions.shape import customer_details
from keystead_stub.stripe_sim.resources.discounts import operations as discounts
from keystead_stub.stripe_sim.resources.invoices import purchase
from keystead_stub.stripe_sim.resources.payment_intents import lifecycle as intent_lifecycle
from keystead_stub.stripe_sim.resources.payment_methods import operations as payment_methods
from keystead_stub.stripe_sim.resources.payment_methods.test_cards import TestCard


def decline(work: UnitOfWork, session: Json, card: TestCard, decline_code: str) -> None:
    """Record a declined payment; the session stays open."""
    # Not stored: Stripe keeps no payment method of a declined checkout.
    method = payment_methods.build(work, card, customer_id=None, email=session["customer_email"])
    intent_lifecycle.charge(work, _payment_intent(work, session), method, decline_code)


def complete(work: UnitOfWork, session: Json, card: TestCard | None, email: str) -> Json:
    """Complete the session: paid, or processing for a bank debit; return it.

    Raises StripeError if the session's discount can no longer be redeemed.
    """
    coupon, code = buyer.discount_of(work, session)
    customer = buyer.customer(work, session, email) if _needs_customer(work, session) else None
    if coupon is not None:
        discounts.count_redemption(work, coupon, code)
    work.clear_timers(session["id"], "expire")
    fields: Json = {
        "status": "complete",
        "url": None,
        "customer": customer["id"] if customer else None,
        "customer_details": customer_details(email),
    }
    # Set first, because the payment intent takes over the session's customer.
    work.change(session, None, **fields)
    work.change(session, None, payment_status=_pay(work, session, card, email))
    # Before the event, so that its session already names the invoice.
    if session["payment_status"] == "paid":
        purchase.create(work, session)
    work.emit("checkout.session.completed", session)
    return session


def _needs_customer(work: UnitOfWork, session: Json) -> bool:
    # A saved card or an invoice belongs to a customer; otherwise Stripe creates a guest only
    # (https://docs.stripe.com/payments/checkout/guest-customers).
    saves = work.private(session["id"])["setup_future_usage"] is not None
    return (
        session["customer"] is not None
        or session["customer_creation"] == "always"
        or session["invoice_creation"]["enabled"]
        or saves
    )


def _pay(work: UnitOfWork, session: Json, card: TestCard | None, email: str) -> str:
    """Charge the total; return the session's `payment_status`."""
    if card is None or session["amount_total"] == 0:
        return "no_payment_required"
    intent = _payment_intent(work, session)
    saved_for = session["customer"] if intent["setup_future_usage"] else None
    method = payment_methods.create_from_card(work, card, customer_id=saved_for, email=email)
    if card.at_checkout == "processing":
        intent_lifecycle.start_processing(work, intent, method)
        # A bank needs days to confirm a debit; until then the session is complete but unpaid.
        work.set_timer(work.now_s + work.rules.debit_delay_s, "debit", session["id"])
        return "unpaid"
    intent_lifecycle.charge(work, intent, method, None)
    return "paid"


def _payment_intent(work: UnitOfWork, session: Json) -> Json:
    """Return the session's payment intent, made by the first attempt to pay it."""
    if session["payment_intent"] is not None:
        intent = work.get("payment_intent", session["payment_intent"])
        # Whoever pays in the end may be known only now, and a code may have come between.
        fields = {"customer": session["customer"], "amount": session["amount_total"]}
        work.change(intent, None, **fields)
        return intent
    wanted = work.private(session["id"])
    intent = intent_lifecycle.create(
        work,
        amount=session["amount_total"],
        currency=session["currency"],
        customer_id=session["customer"],
        description=wanted["payment_description"],
        metadata=wanted["payment_metadata"],
        setup_future_usage=wanted["setup_future_usage"],
        pays_for=session["id"],
    )
    work.change(session, None, payment_intent=intent["id"])
    return intent


def finish_processing(work: UnitOfWork, session: Json) -> None:
    """Finish a bank debit that is processing."""
    intent = work.get("payment_intent", session["payment_intent"])
    if intent["status"] != "processing":
        return
    if intent_lifecycle.finish_processing(work, intent):
        work.change(session, None, payment_status="paid")
        purchase.create(work, session)
        work.emit("checkout.session.async_payment_succeeded", session)
    else:
        work.emit("checkout.session.async_payment_failed", session)
