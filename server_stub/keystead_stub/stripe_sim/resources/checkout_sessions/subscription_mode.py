"""A checkout session that is paid: the customer, their subscription, and its first invoice."""

from __future__ import annotations

from keystead_stub.stripe_sim.engine.objects import Json
from keystead_stub.stripe_sim.engine.unit_of_work import Ledger
from keystead_stub.stripe_sim.resources.charges import operations as charging
from keystead_stub.stripe_sim.resources.checkout_sessions import buyer, payment_mode
from keystead_stub.stripe_sim.resources.checkout_sessions import operations as checkout
from keystead_stub.stripe_sim.resources.checkout_sessions.operations import DAY_S, KIND
from keystead_stub.stripe_sim.resources.checkout_sessions.shape import customer_details
from keystead_stub.stripe_sim.resources.invoices import operations as invoicing
from keystead_stub.stripe_sim.resources.payment_methods import operations as methods
from keystead_stub.stripe_sim.resources.payment_methods.test_cards import TestCard
from keystead_stub.stripe_sim.resources.subscriptions import lifecycle, start
from keystead_stub.stripe_sim.resources.subscriptions.rules import Cause


def decline(ledger: Ledger, session: Json, card: TestCard, decline_code: str) -> None:
    """Leave the traces of a payment that the bank refused; the session stays open."""
    if session["mode"] == "payment":
        payment_mode.decline(ledger, session, card, decline_code)
        return
    method = methods.make(ledger, card, customer_id=None, email=session["customer_email"])
    customer_id = session["customer"]
    if session["amount_total"] == 0:
        methods.fail_to_set_up(ledger, method, customer_id=customer_id, decline_code=decline_code)
        return
    intent = charging.ask(
        ledger,
        amount=session["amount_total"],
        currency=session["currency"],
        customer_id=customer_id,
        description="Subscription creation",
    )
    charging.charge(ledger, intent, method, decline_code)


def complete(ledger: Ledger, session: Json, card: TestCard | None, email: str) -> Json:
    """Let the session be paid, or for a bank debit, be promised; return the session.

    Without a card there must be nothing to pay now. Raises StripeRefused where the session's
    discount can no longer be had.
    """
    if session["mode"] == "payment":
        return payment_mode.complete(ledger, session, card, email)
    coupon, code = buyer.discount_of(ledger, session)
    customer = buyer.customer(ledger, session, email)
    free = session["amount_total"] == 0
    method = None
    if card is not None:
        method = (methods.set_up if free else methods.attach)(ledger, card, customer)
    discount = start.Discount(coupon, code, session["id"]) if coupon else None
    terms = _terms(ledger, session, method)
    subscription = start.subscription(ledger, customer, terms, discount)
    invoice = start.first_invoice(ledger, customer, subscription)
    debit = card is not None and card.at_checkout == "processing" and invoice["amount_due"] > 0
    if debit:
        _promise(ledger, session, invoice)
    else:
        invoicing.settle(ledger, invoice, method)
        lifecycle.paid(ledger, invoice)
    ledger.clear(session["id"], "expire")
    paid = "no_payment_required" if free else "paid"
    ledger.change(
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
    ledger.emit("checkout.session.completed", session)
    return session


def _terms(ledger: Ledger, session: Json, method: Json | None) -> start.Terms:
    wanted = ledger.private(session["id"])
    trial_end = ledger.now_s + wanted["trial_days"] * DAY_S if wanted["trial_days"] else None
    return start.Terms(
        items=tuple((one.price, one.quantity) for one in checkout.items(ledger, session)),
        metadata=wanted["subscription_metadata"],
        payment_method_id=method["id"] if method else None,
        trial_end=trial_end,
        trial_end_behavior=wanted["trial_end_behavior"],
    )


def _promise(ledger: Ledger, session: Json, invoice: Json) -> None:
    """Let a bank debit be on its way; its timer tells how it ends."""
    intent = invoicing.intent_of(ledger, invoice)
    ledger.change(intent, None, status="processing")
    ledger.emit("payment_intent.processing", intent)
    ledger.at(ledger.now_s + ledger.rules.debit_delay_s, "debit", session["id"])


def debit_known(ledger: Ledger, session_id: str) -> None:
    """Let the bank's answer to a promised debit arrive."""
    session = ledger.get(KIND, session_id)
    if session["mode"] == "payment":
        payment_mode.debit_known(ledger, session)
        return
    subscription = ledger.get("subscription", session["subscription"])
    invoice = ledger.get("invoice", session["invoice"])
    if invoice["status"] != "open" or lifecycle.is_over(subscription):
        return
    method = ledger.get("payment_method", subscription["default_payment_method"])
    card = methods.card_of(ledger, method)
    if card.later == "declined":
        invoicing.decline(ledger, invoice, method, card.decline_code, next_attempt_s=None)
        lifecycle.apply(ledger, subscription, Cause.NEVER_PAID)
        ledger.emit("checkout.session.async_payment_failed", session)
        return
    invoicing.settle(ledger, invoice, method)
    lifecycle.paid(ledger, invoice)
    ledger.change(session, None, payment_status="paid")
    ledger.emit("checkout.session.async_payment_succeeded", session)
