"""A checkout session that is paid: the customer, their subscription, and its first invoice."""

from __future__ import annotations

from keystead_stub.stripe_.calendar import period_end
from keystead_stub.stripe_.simulated import (
    basis,
    buyers,
    buying_once,
    charging,
    checkout,
    coupons,
    invoicing,
    lifecycle,
    methods,
    trials,
)
from keystead_stub.stripe_.simulated.cards import TestCard
from keystead_stub.stripe_.simulated.checkout import DAY_S, KIND
from keystead_stub.stripe_.simulated.ledger import Ledger
from keystead_stub.stripe_.simulated.shapes import sale
from keystead_stub.stripe_.simulated.shapes.checkouts import customer_details
from keystead_stub.stripe_.simulated.shapes.parts import Json
from keystead_stub.subscriptions import Cause


def decline(ledger: Ledger, session: Json, card: TestCard, decline_code: str) -> None:
    """Leave the traces of a payment that the bank refused; the session stays open."""
    if session["mode"] == "payment":
        buying_once.decline(ledger, session, card, decline_code)
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
        return buying_once.complete(ledger, session, card, email)
    coupon, code = buyers.discount_of(ledger, session)
    customer = buyers.customer(ledger, session, email)
    free = session["amount_total"] == 0
    method = None
    if card is not None:
        method = (methods.set_up if free else methods.attach)(ledger, card, customer)
    subscription = _subscription(ledger, session, customer, method)
    _begin(ledger, subscription, session, coupon, code)
    invoice = _first_invoice(ledger, customer, subscription)
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


def _subscription(
    ledger: Ledger,
    session: Json,
    customer: Json,
    method: Json | None,
) -> Json:
    wanted = ledger.private(session["id"])
    (chosen,) = checkout.items(ledger, session)
    offer = chosen.price
    trial_end = ledger.now_s + wanted["trial_days"] * DAY_S if wanted["trial_days"] else None
    first_end = period_end(ledger.now_s, ledger.now_s, offer["recurring"]["interval"])
    return sale.subscription(
        subscription_id=ledger.ids.new("sub_1"),
        item_id=ledger.ids.new("si_"),
        created=ledger.now_s,
        period_end=trial_end or first_end,
        customer_id=customer["id"],
        payment_method_id=method["id"] if method else None,
        price_document=offer,
        quantity=chosen.quantity,
        metadata=wanted["subscription_metadata"],
        trial_end=trial_end,
        trial_end_behavior=wanted["trial_end_behavior"],
    )


def _begin(
    ledger: Ledger, subscription: Json, session: Json, coupon: Json | None, code: Json | None
) -> None:
    ledger.add(subscription)
    ledger.touched[subscription["customer"]] = None
    if coupon is not None:
        used = coupons.redeem(ledger, subscription, coupon, code, session_id=session["id"])
        ledger.change(subscription, None, discounts=[used["id"]])
    ledger.emit("customer.subscription.created", subscription)
    due = lifecycle.item_of(subscription)["current_period_end"]
    ledger.at(due, "renew", subscription["id"])
    trials.announce(ledger, subscription)


def _first_invoice(ledger: Ledger, customer: Json, subscription: Json) -> Json:
    line = invoicing.cycle_line(subscription)
    discounts = subscription["discounts"]
    invoice = invoicing.draft(
        ledger,
        customer,
        subscription,
        [trials.line(line) if subscription["trial_end"] else line],
        reason="subscription_create",
    )
    basis.note(ledger, subscription, invoice)
    ledger.change(subscription, None, latest_invoice=invoice["id"])
    if subscription["discounts"] != discounts:
        ledger.emit(lifecycle.UPDATED, subscription, {"discounts": discounts})
    invoicing.finalize(ledger, invoice)
    return invoice


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
        buying_once.debit_known(ledger, session)
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
