"""Previews of subscription changes, as the portal shows them."""

from __future__ import annotations

import msgspec

from keystead.instants import to_ms
from keystead_stub.stripe_sim.engine.unit_of_work import UnitOfWork
from keystead_stub.stripe_sim.resources.subscription_items import shape as item_shape
from keystead_stub.stripe_sim.resources.subscriptions import lifecycle
from keystead_stub.stripe_sim.resources.subscriptions.update import Outcome
from keystead_stub.stripe_types.api import Document
from keystead_stub.stripe_types.values import Interval


def preview(work: UnitOfWork, outcome: Outcome) -> Preview:
    """Return an outcome as the portal shows it, within the transaction that made it."""
    subscription, invoice = outcome.subscription, outcome.invoice
    item = lifecycle.item_of(subscription)
    lines = tuple(
        PreviewLine(
            description=line.description,
            amount=line.amount,
            period_start_ms=to_ms(line.period[0]),
            period_end_ms=to_ms(line.period[1]),
            proration=line.proration,
        )
        for line in outcome.lines
    )
    # Without an invoice the lines wait for the next one, whose discounts are not known yet.
    total = invoice["total"] if invoice else sum(line.amount for line in lines)
    return Preview(
        currency=subscription["currency"],
        lines=lines,
        discount=sum(one["amount"] for one in invoice["total_discount_amounts"]) if invoice else 0,
        total=total,
        due_now=invoice["amount_due"] if invoice else 0,
        balance=work.get("customer", subscription["customer"])["balance"],
        invoiced_now=invoice is not None,
        recurring=sum(map(item_shape.amount, lifecycle.items_of(subscription))),
        interval=item["price"]["recurring"]["interval"],
        renews_at_ms=to_ms(item["current_period_end"]),
        proration_date_ms=to_ms(outcome.at_s),
        document=invoice,
    )


class PreviewLine(msgspec.Struct, frozen=True, kw_only=True):
    """One line that a change would bring; credit is negative."""

    description: str
    amount: int
    period_start_ms: int
    period_end_ms: int
    proration: bool


class Preview(msgspec.Struct, frozen=True, kw_only=True):
    """What a change costs, exactly if the change is made with its `proration_date_ms`.

    `total` is of the `lines` less `discount`; `due_now` is what the card would be charged, and
    `balance` the customer's afterwards, negative where they have credit. Not `invoiced_now`, it
    waits for the next invoice at `renews_at_ms`. `recurring` is the plain price of each `interval`.
    `document` is the invoice as it would be.
    """

    currency: str
    lines: tuple[PreviewLine, ...]
    discount: int
    total: int
    due_now: int
    balance: int
    invoiced_now: bool
    recurring: int
    interval: Interval
    renews_at_ms: int
    proration_date_ms: int
    document: Document | None
