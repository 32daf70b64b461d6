"""What a change of a subscription would cost, as people are shown it before they confirm."""

from __future__ import annotations

from keystead.instants import to_ms
from keystead_stub.stripe_sim.engine.unit_of_work import UnitOfWork
from keystead_stub.stripe_sim.resources.coupons.requests import Preview, PreviewLine
from keystead_stub.stripe_sim.resources.products import shape as sale
from keystead_stub.stripe_sim.resources.subscriptions import lifecycle
from keystead_stub.stripe_sim.resources.subscriptions.update import Outcome


def preview(work: UnitOfWork, outcome: Outcome) -> Preview:
    """Return what an outcome is for the person, within the transaction that made it."""
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
    total = invoice["total"] if invoice else sum(line.amount for line in lines)
    return Preview(
        currency=subscription["currency"],
        lines=lines,
        discount=sum(one["amount"] for one in invoice["total_discount_amounts"]) if invoice else 0,
        total=total,
        due_now=invoice["amount_due"] if invoice else 0,
        balance=work.get("customer", subscription["customer"])["balance"],
        invoiced_now=invoice is not None,
        recurring=sum(map(sale.item_amount, lifecycle.items_of(subscription))),
        interval=item["price"]["recurring"]["interval"],
        renews_at_ms=to_ms(item["current_period_end"]),
        proration_date_ms=to_ms(outcome.at_s),
        document=invoice,
    )
