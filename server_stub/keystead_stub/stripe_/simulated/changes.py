"""Seats and price changed in the middle of a period: prorated to the second, settled at once.

What is left of the old price is credited, what is left of the period is charged at the new one.
Another interval begins a new period now. A negative invoice becomes credit on the customer's
balance. If the card refuses the difference nothing changes (Stripe's `error_if_incomplete`).
"""

from __future__ import annotations

from keystead_stub.stripe_.calendar import period_end
from keystead_stub.stripe_.simulated import invoicing, lifecycle, methods
from keystead_stub.stripe_.simulated.checkout import refuse
from keystead_stub.stripe_.simulated.controls import illegal, subscription_of
from keystead_stub.stripe_.simulated.ledger import Ledger
from keystead_stub.stripe_.simulated.shapes import sale
from keystead_stub.stripe_.simulated.shapes.invoices import Line
from keystead_stub.stripe_.simulated.shapes.parts import Json
from keystead_stub.subscriptions import Cause, Status


def prorated(amount: int, period: tuple[int, int], now_s: int) -> int:
    """Return the part of `amount` that is left of the period, rounded half up."""
    start, end = period
    left = max(0, end - now_s)
    length = end - start
    return (2 * amount * min(left, length) + length) // (2 * length)


def update_subscription(
    ledger: Ledger, customer_id: str, *, quantity: int | None, price_id: str | None
) -> Json:
    """Change the subscription's seats, its price, or both."""
    subscription = subscription_of(ledger, customer_id)
    if subscription["status"] != Status.ACTIVE:
        raise illegal("Only an active subscription can be changed.")
    old = lifecycle.item_of(subscription)
    new = _wanted(ledger, old, quantity, price_id)
    if new == old:
        return subscription
    lifecycle.apply(ledger, subscription, Cause.CHANGE)
    lines = _put_in_place(ledger, subscription, old, new)
    customer = ledger.get("customer", customer_id)
    before = {name: subscription[name] for name in ("discounts", "latest_invoice")}
    invoice = invoicing.draft(ledger, customer, subscription, lines, reason="subscription_update")
    ledger.change(subscription, None, latest_invoice=invoice["id"])
    changed = {name: value for name, value in before.items() if subscription[name] != value}
    ledger.emit(lifecycle.UPDATED, subscription, changed)
    invoicing.finalize(ledger, invoice)
    method = methods.default(ledger, customer)
    decline_code = methods.off_session_decline(ledger, customer, method)
    if invoice["amount_due"] and decline_code:
        raise methods.declined(decline_code)
    invoicing.settle(ledger, invoice, method)
    return subscription


def _wanted(ledger: Ledger, old: Json, quantity: int | None, price_id: str | None) -> Json:
    found = ledger.rules.catalogue.find_price(price_id or old["price"]["id"])
    if found is None:
        raise refuse("No such price.", code="resource_missing", status=404)
    plan, offer = found
    quantity = old["quantity"] if quantity is None else quantity
    if not plan.min_seats <= quantity <= plan.max_seats:
        raise refuse(f"The quantity must be {plan.min_seats} to {plan.max_seats}.")
    return {**sale.with_price(old, ledger.get("price", offer.id)), "quantity": quantity}


def _put_in_place(ledger: Ledger, subscription: Json, old: Json, new: Json) -> list[Line]:
    now_s = ledger.now_s
    anchor = subscription["billing_cycle_anchor"]
    interval = new["price"]["recurring"]["interval"]
    if interval != old["price"]["recurring"]["interval"]:
        anchor = now_s
        end = period_end(anchor, now_s, interval)
        new = {**new, "current_period_start": now_s, "current_period_end": end}
        ledger.at(end, "renew", subscription["id"])
    items = {**subscription["items"], "data": [new]}
    ledger.change(
        subscription,
        lifecycle.UPDATED,
        items=items,
        billing_cycle_anchor=anchor,
        cancel_at=new["current_period_end"] if subscription["cancel_at_period_end"] else None,
    )
    return [_credit(old, now_s), _rest(new, now_s)]


def _credit(old: Json, now_s: int) -> Line:
    period = (old["current_period_start"], old["current_period_end"])
    amount = old["price"]["unit_amount"] * old["quantity"]
    return _line(old, -prorated(amount, period, now_s), "Unused time on", now_s)


def _rest(new: Json, now_s: int) -> Line:
    period = (new["current_period_start"], new["current_period_end"])
    amount = new["price"]["unit_amount"] * new["quantity"]
    return _line(new, prorated(amount, period, now_s), "Remaining time on", now_s)


def _line(item: Json, amount: int, words: str, now_s: int) -> Line:
    name = item["price"]["metadata"].get("plan", item["price"]["id"]).capitalize()
    whole = now_s == item["current_period_start"]
    return Line(
        amount=amount,
        description=f"{words} {item['quantity']} × {name}",
        quantity=item["quantity"],
        period=(min(now_s, item["current_period_end"]), item["current_period_end"]),
        price_document=item["price"],
        # A period that begins now is paid whole; that is no proration.
        proration=amount < 0 or not whole,
    )
