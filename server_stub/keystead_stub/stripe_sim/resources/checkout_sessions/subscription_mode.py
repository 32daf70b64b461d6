"""Completion of sessions in subscription mode: customer, subscription, first invoice."""

from __future__ import annotations

from keystead_stub.stripe_sim.engine.calendar import DAY_S
from keystead_stub.stripe_sim.engine.objects import Json
from keystead_stub.stripe_sim.engine.unit_of_work import UnitOfWork
from keystead_stub.stripe_sim.resources.checkout_sessions import buyer, payment_mode
from keystead_stub.stripe_sim.resources.checkout_sessions import operations as checkout
from keystead_stub.stripe_sim.resources.checkout_sessions.operations import KIND
from keystead_stub.stripe_sim.resources.checkout_sessions.shape import customer_details
from keystead_stub.stripe_sim.resources.invoices import lifecycle as invoice_lifecycle
from keystead_stub.stripe_sim.resources.payment_intents import lifecycle as intent_lifecycle
from keystead_stub.stripe_sim.resources.payment_methods import operations as payment_methods
from keystead_stub.stripe_sim.resources.payment_methods.test_cards import TestCard
from keystead_stub.stripe_sim.resources.setup_intents import automatic as automatic_setup
from keystead_stub.stripe_sim.resources.subscriptions import lifecycle, start
from keystead_stub.stripe_sim.resources.subscriptions.rules import Cause


def decline(work: UnitOfWork, session: Json, card: TestCard, decline_code: str) -> None:
    """Record a declined payment; the session stays open."""
    if session["mode"] == "payment":
        payment_mode.decline(work, session, card, decline_code)
        return
    method = payment_methods.build(work, card, customer_id=None, email=session["customer_email"])
    customer_id = session["customer"]
    # With nothing to pay there is no payment intent: a setup intent records the failure.
    if session["amount_total"] == 0:
        automatic_setup.record_failure(
            work, method, customer_id=customer_id, decline_code=decline_code
        )
        return
    # A new intent for each attempt: the invoice with its own intent exists only once the session is
    # paid.
    intent = intent_lifecycle.create(
        work,
        amount=session["amount_total"],
        currency=session["currency"],
        customer_id=customer_id,
        description="Subscription creation",
    )
    intent_lifecycle.charge(work, intent, method, decline_code)


def complete(work: UnitOfWork, session: Json, card: TestCard | None, email: str) -> Json:
    """Complete the session: paid, or processing for a bank debit; return it.

    Without a card there must be nothing to pay now. Raises StripeError if the session's
    discount can no longer be redeemed.
    """
    if session["mode"] == "payment":
        return payment_mode.complete(work, session, card, email)
    # Before anything is created, because an expired discount refuses the session.
    coupon, code = buyer.discount_of(work, session)
    customer = buyer.customer(work, session, email)
    free = session["amount_total"] == 0
    method = None
    if card is not None:
        method = (automatic_setup.set_up_card if free else payment_methods.create_default)(
            work, card, customer
        )
    discount = start.Discount(coupon, code, session["id"]) if coupon else None
    terms = _terms(work, session, method)
    subscription = start.create(work, customer, terms, discount)
    invoice = start.first_invoice(work, customer, subscription)
    # A discount can reduce the amount to 0, and then there is nothing to debit.
    debit = card is not None and card.at_checkout == "processing" and invoice["amount_due"] > 0
    if debit:
        _start_processing(work, session, invoice)
    else:
        invoice_lifecycle.mark_paid(work, invoice, method)
        lifecycle.invoice_paid(work, invoice)
    work.clear_timers(session["id"], "expire")
    paid = "no_payment_required" if free else "paid"
    work.change(
        session,
        None,
        status="complete",
        payment_status="unpaid" if debit else paid,
        url=None,
        customer=customer["id"],
        customer_details=customer_details(customer["email"]),
        subscription=subscription["id"],
        invoice=invoice["id"],
    )
    work.emit("checkout.session.completed", session)
    return session


def _terms(work: UnitOfWork, session: Json, method: Json | None) -> start.Terms:
    wanted = work.private(session["id"])
    trial_end = work.now_s + wanted["trial_days"] * DAY_S if wanted["trial_days"] else None
    return start.Terms(
        items=tuple((one.price, one.quantity) for one in checkout.line_items_of(work, session)),
        metadata=wanted["subscription_metadata"],
        payment_method_id=method["id"] if method else None,
        trial_end=trial_end,
        trial_end_behavior=wanted["trial_end_behavior"],
    )


def _start_processing(work: UnitOfWork, session: Json, invoice: Json) -> None:
    """Start a bank debit; its timer finishes it."""
    intent = invoice_lifecycle.payment_intent_of(work, invoice)
    work.change(intent, None, status="processing")
    work.emit("payment_intent.processing", intent)
    work.set_timer(work.now_s + work.rules.debit_delay_s, "debit", session["id"])


def finish_processing(work: UnitOfWork, session_id: str) -> None:
    """Finish a bank debit that is processing."""
    session = work.get(KIND, session_id)
    if session["mode"] == "payment":
        payment_mode.finish_processing(work, session)
        return
    subscription = work.get("subscription", session["subscription"])
    invoice = work.get("invoice", session["invoice"])
    # It may have been paid or voided by hand while the debit was processing.
    if invoice["status"] != "open" or lifecycle.has_ended(subscription):
        return
    method = work.get("payment_method", subscription["default_payment_method"])
    card = payment_methods.card_of(work, method)
    if card.later == "declined":
        invoice_lifecycle.record_failed_payment(
            work, invoice, method, card.decline_code, next_attempt_s=None
        )
        # A failed first debit is not retried: the subscription has never been active.
        lifecycle.apply(work, subscription, Cause.NEVER_PAID)
        work.emit("checkout.session.async_payment_failed", session)
        return
    invoice_lifecycle.mark_paid(work, invoice, method)
    lifecycle.invoice_paid(work, invoice)
    work.change(session, None, payment_status="paid")
    work.emit("checkout.session.async_payment_succeeded", session)
