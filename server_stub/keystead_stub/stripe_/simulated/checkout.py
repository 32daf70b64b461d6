"""Checkout sessions: opened, paid by the person on the hosted page, expired."""

from __future__ import annotations

from typing import Any

from keystead_stub.stripe_.calendar import period_end
from keystead_stub.stripe_.interface import NewCheckout, StripeRefused
from keystead_stub.stripe_.simulated import charging, invoicing, lifecycle, methods
from keystead_stub.stripe_.simulated.cards import TestCard
from keystead_stub.stripe_.simulated.ledger import Ledger
from keystead_stub.stripe_.simulated.shapes import people, sale
from keystead_stub.stripe_.simulated.shapes.parts import NO_ADDRESS, Json, nulls
from keystead_stub.subscriptions import Cause

#: Stripe's default, and its longest (https://docs.stripe.com/api/checkout/sessions/create).
SESSION_LIFE_S = 86_400
KIND = "checkout.session"


def refuse(sentence: str, *, code: str = "invalid_request", status: int = 400) -> StripeRefused:
    return StripeRefused(sentence, code=code, status=status)


def open_session(ledger: Ledger, request: NewCheckout) -> Json:
    """Open a session; raises StripeRefused for a price, customer or quantity that is not there."""
    found = ledger.rules.catalogue.find_price(request.price_id)
    if found is None:
        raise refuse("No such price.", code="resource_missing", status=404)
    plan, offer = found
    if not plan.min_seats <= request.quantity <= plan.max_seats:
        raise refuse(f"The quantity must be {plan.min_seats} to {plan.max_seats}.")
    if request.customer_id is not None:
        living_customer(ledger, request.customer_id)
    session_id = ledger.ids.new("cs_test_")
    session = sale.checkout_session(
        request,
        session_id=session_id,
        created=ledger.now_s,
        expires_at=ledger.now_s + SESSION_LIFE_S,
        url=f"{ledger.rules.base_url}/_stub/checkout/{session_id}",
        amount=offer.amount * request.quantity,
        currency=offer.currency,
    )
    private = {
        "price": offer.id,
        "quantity": request.quantity,
        "subscription_metadata": dict(request.subscription_metadata),
    }
    ledger.add(session, private=private)
    ledger.at(ledger.now_s + SESSION_LIFE_S, "expire", session_id)
    return session


def living_customer(ledger: Ledger, customer_id: str) -> Json:
    customer = ledger.get("customer", customer_id)
    if customer.get("deleted"):
        raise refuse("No such customer.", code="resource_missing", status=404)
    return customer


def open_or_refuse(ledger: Ledger, session_id: str) -> Json:
    session = ledger.get(KIND, session_id)
    if session["status"] != "open":
        raise refuse(
            f"This checkout session is {session['status']}.", code="illegal_transition", status=409
        )
    return session


def expire(ledger: Ledger, session_id: str) -> Json:
    session = open_or_refuse(ledger, session_id)
    ledger.clear(session_id)
    ledger.change(session, None, status="expired", url=None)
    ledger.emit("checkout.session.expired", session)
    return session


def decline(ledger: Ledger, session: Json, card: TestCard, decline_code: str) -> None:
    """Leave the traces of a payment that the bank refused; the session stays open."""
    intent = charging.ask(
        ledger,
        amount=session["amount_total"],
        currency=session["currency"],
        customer_id=session["customer"],
        description="Subscription creation",
    )
    method = methods.make(ledger, card, customer_id=None, email=session["customer_email"])
    charging.charge(ledger, intent, method, decline_code)


def complete(ledger: Ledger, session: Json, card: TestCard, email: str) -> Json:
    """Let the session be paid, or for a bank debit, be promised; return the session."""
    customer = _customer(ledger, session, email)
    method = methods.attach(ledger, card, customer)
    subscription = _subscription(ledger, session, customer, method)
    invoice = invoicing.draft(
        ledger,
        customer,
        subscription,
        [invoicing.cycle_line(subscription)],
        reason="subscription_create",
    )
    ledger.change(subscription, None, latest_invoice=invoice["id"])
    invoicing.finalize(ledger, invoice)
    debit = card.at_checkout == "processing" and invoice["amount_due"] > 0
    if debit:
        _promise(ledger, session, invoice)
    else:
        invoicing.settle(ledger, invoice, method)
        lifecycle.paid(ledger, invoice)
    ledger.clear(session["id"], "expire")
    ledger.change(
        session,
        None,
        status="complete",
        payment_status="unpaid" if debit else "paid",
        url=None,
        customer=customer["id"],
        customer_details=_details(customer["email"]),
        subscription=subscription["id"],
        invoice=invoice["id"],
    )
    ledger.emit("checkout.session.completed", session)
    return session


def _details(email: str) -> Json:
    return {
        **nulls("business_name individual_name name phone"),
        "address": NO_ADDRESS,
        "email": email,
        "tax_exempt": "none",
        "tax_ids": [],
    }


def _customer(ledger: Ledger, session: Json, email: str) -> Json:
    if session["customer"]:
        return living_customer(ledger, session["customer"])
    customer = people.customer(
        customer_id=ledger.ids.new("cus_"),
        created=ledger.now_s,
        email=email,
        invoice_prefix=ledger.ids.text(8).upper(),
        locale=session["locale"],
    )
    ledger.add(customer, private={"created": ledger.now_s})
    ledger.emit("customer.created", customer)
    return customer


def _subscription(ledger: Ledger, session: Json, customer: Json, method: Json) -> Json:
    wanted: dict[str, Any] = ledger.private(session["id"])
    offer = ledger.get("price", wanted["price"])
    interval = offer["recurring"]["interval"]
    subscription = sale.subscription(
        subscription_id=ledger.ids.new("sub_1"),
        item_id=ledger.ids.new("si_"),
        created=ledger.now_s,
        period_end=period_end(ledger.now_s, ledger.now_s, interval),
        customer_id=customer["id"],
        payment_method_id=method["id"],
        price_document=offer,
        quantity=wanted["quantity"],
        metadata=wanted["subscription_metadata"],
    )
    ledger.add(subscription)
    ledger.touched[customer["id"]] = None
    ledger.emit("customer.subscription.created", subscription)
    due = lifecycle.item_of(subscription)["current_period_end"]
    ledger.at(due, "renew", subscription["id"])
    return subscription


def _promise(ledger: Ledger, session: Json, invoice: Json) -> None:
    """Let a bank debit be on its way; its timer tells how it ends."""
    intent = invoicing.intent_of(ledger, invoice)
    ledger.change(intent, None, status="processing")
    ledger.emit("payment_intent.processing", intent)
    ledger.at(ledger.now_s + ledger.rules.debit_delay_s, "debit", session["id"])


def debit_known(ledger: Ledger, session_id: str) -> None:
    """Let the bank's answer to a promised debit arrive."""
    session = ledger.get(KIND, session_id)
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
