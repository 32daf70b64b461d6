"""Plan, seats or billing day changed in the middle of a period, prorated to the second.

What is left of the old price is credited, what is left of the period is charged at the new one
(https://docs.stripe.com/billing/subscriptions/prorations). Credited is what was really billed for
this period and no more, so that going down never gives back what was never asked for: the
discounts that the period began with hold for all of it. A negative invoice becomes credit on the
customer's balance. If the card refuses the difference nothing changes (Stripe's
`error_if_incomplete`).
"""

from __future__ import annotations

import msgspec

from keystead.instants import to_datetime, to_ms, to_seconds
from keystead_stub.stripe_.calendar import period_end
from keystead_stub.stripe_.offers import NewChange
from keystead_stub.stripe_.simulated import (
    amounts,
    basis,
    coupons,
    discounting,
    invoicing,
    lifecycle,
    methods,
    pending,
)
from keystead_stub.stripe_.simulated.checkout import refuse
from keystead_stub.stripe_.simulated.checkout_items import check_price
from keystead_stub.stripe_.simulated.controls import illegal, subscription_of
from keystead_stub.stripe_.simulated.ledger import Ledger
from keystead_stub.stripe_.simulated.shapes import sale
from keystead_stub.stripe_.simulated.shapes.invoices import Line
from keystead_stub.stripe_.simulated.shapes.parts import Json
from keystead_stub.subscriptions import Cause, Status

_TOLD = ("items", "billing_cycle_anchor", "cancel_at", "discounts", "latest_invoice")


class Outcome(msgspec.Struct, frozen=True):
    """What came of a change: `lines` are on the `invoice`, or wait for the next one."""

    subscription: Json
    lines: tuple[Line, ...] = ()
    invoice: Json | None = None
    at_s: int = 0


def update_subscription(
    ledger: Ledger, customer_id: str, change: NewChange, *, collect: bool = True
) -> Outcome:
    """Change the subscription; without `collect` the card is not asked, as in a preview."""
    subscription = subscription_of(ledger, customer_id)
    if subscription["status"] not in {Status.ACTIVE, Status.TRIALING}:
        raise illegal("Only an active subscription can be changed.")
    old = lifecycle.item_of(subscription)
    new = _wanted(ledger, old, change)
    trial = subscription["status"] == Status.TRIALING
    interval = new["price"]["recurring"]["interval"]
    again = change.billing_cycle_anchor == "now"
    again = not trial and (again or interval != old["price"]["recurring"]["interval"])
    if new == old and not again:
        return Outcome(subscription)
    at_s = _at(ledger, subscription, change)
    before = {name: subscription[name] for name in _TOLD}
    lifecycle.apply(ledger, subscription, Cause.CHANGE)
    lines = [] if trial else _lines(ledger, subscription, new, change, at_s, again=again)
    _put_in_place(ledger, subscription, new, again=again)
    invoice = None
    if again:
        lines.append(invoicing.cycle_line(subscription))
    if lines and (again or change.proration_behavior == "always_invoice"):
        invoice = _invoice(ledger, subscription, lines)
    changed = {name: value for name, value in before.items() if subscription[name] != value}
    ledger.emit(lifecycle.UPDATED, subscription, changed)
    if invoice is not None:
        _settle(ledger, customer_id, invoice, collect=collect)
    return Outcome(subscription, tuple(lines), invoice, at_s)


def _wanted(ledger: Ledger, old: Json, change: NewChange) -> Json:
    price = ledger.get("price", change.price_id or old["price"]["id"])
    quantity = old["quantity"] if change.quantity is None else change.quantity
    check_price(ledger, price, quantity)
    return {**sale.with_price(old, price), "quantity": quantity}


def _at(ledger: Ledger, subscription: Json, change: NewChange) -> int:
    """Return the instant that is prorated from: now, or the one that was asked for."""
    if change.proration_date_ms is None:
        return ledger.now_s
    at_s = to_seconds(change.proration_date_ms)
    since: int = basis.of(ledger, subscription)["since"]
    if not since <= at_s <= ledger.now_s:
        raise refuse("The proration date must be after the last change, and not to come.")
    return at_s


def _lines(
    ledger: Ledger, subscription: Json, new: Json, change: NewChange, at_s: int, *, again: bool
) -> list[Line]:
    """Return the credit and the charge for what is left of the period; note what is billed now."""
    if change.proration_behavior == "none":
        return []
    old = lifecycle.item_of(subscription)
    billed = basis.of(ledger, subscription)
    period = (old["current_period_start"], old["current_period_end"])
    lines = [_line(old, -amounts.left(billed["amount"], period, at_s), "Unused time on", at_s)]
    if not again:
        price = _net(ledger, new, billed["discounts"])
        lines.append(_line(new, amounts.left(price, period, at_s), "Remaining time on", at_s))
        ledger.remember(subscription["id"], basis={**billed, "amount": price, "since": at_s})
    return pending.add(ledger, subscription, lines)


def _net(ledger: Ledger, item: Json, discounts: list[str]) -> int:
    """Return what a whole period of the item costs, less the discounts that it began with."""
    price: int = item["price"]["unit_amount"] * item["quantity"]
    for discount_id in discounts:
        price -= discounting.split([price], ledger.private(discount_id))[0]
    return price


def _line(item: Json, amount: int, words: str, at_s: int) -> Line:
    day = to_datetime(to_ms(at_s))
    name = item["price"]["metadata"].get("plan", item["price"]["id"]).capitalize()
    return Line(
        amount=amount,
        description=f"{words} {item['quantity']} × {name} after {day.day} {day:%b %Y}",
        quantity=item["quantity"],
        period=(min(at_s, item["current_period_end"]), item["current_period_end"]),
        price_document=item["price"],
        proration=True,
    )


def _put_in_place(ledger: Ledger, subscription: Json, new: Json, *, again: bool) -> None:
    anchor = subscription["billing_cycle_anchor"]
    if again:
        anchor = ledger.now_s
        end = period_end(anchor, anchor, new["price"]["recurring"]["interval"])
        new = {**new, "current_period_start": anchor, "current_period_end": end}
        ledger.at(end, "renew", subscription["id"])
        coupons.drop_ended(ledger, subscription, anchor)
    leaves = subscription["cancel_at_period_end"]
    ledger.change(
        subscription,
        None,
        items={**subscription["items"], "data": [new]},
        billing_cycle_anchor=anchor,
        cancel_at=new["current_period_end"] if leaves else None,
    )


def _invoice(ledger: Ledger, subscription: Json, lines: list[Line]) -> Json:
    customer = ledger.get("customer", subscription["customer"])
    invoice = invoicing.draft(ledger, customer, subscription, lines, reason="subscription_update")
    pending.bill(ledger, lines, invoice)
    basis.note(ledger, subscription, invoice)
    ledger.change(subscription, None, latest_invoice=invoice["id"])
    return invoice


def _settle(ledger: Ledger, customer_id: str, invoice: Json, *, collect: bool) -> None:
    customer = ledger.get("customer", customer_id)
    invoicing.finalize(ledger, invoice)
    if not collect:
        return
    method = methods.default(ledger, customer)
    decline_code = methods.off_session_decline(ledger, customer, method)
    if invoice["amount_due"] and decline_code:
        raise methods.declined(decline_code)
    invoicing.settle(ledger, invoice, method)
