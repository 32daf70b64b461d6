"""Pending invoice items: https://docs.stripe.com/billing/invoices/subscription#adding-upcoming-invoice-items."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from keystead_stub.stripe_sim.engine.objects import Json
from keystead_stub.stripe_sim.engine.unit_of_work import UnitOfWork
from keystead_stub.stripe_sim.resources.invoice_items import shape as invoice_item_shape
from keystead_stub.stripe_sim.resources.invoices.lines import Line

KIND = "invoiceitem"


def create(work: UnitOfWork, subscription: Json, lines: Sequence[Line]) -> list[Line]:
    """Create invoice items of the subscription; return the lines with their ids."""
    kept = []
    for line in lines:
        item = invoice_item_shape.invoice_item(
            line,
            item_id=work.ids.new("ii_1"),
            created=work.now_s,
            customer_id=subscription["customer"],
            subscription=subscription,
        )
        work.add(item)
        work.emit("invoiceitem.created", item)
        kept.append(msgspec.structs.replace(line, invoice_item=item["id"]))
    return kept


def lines_for_next_invoice(work: UnitOfWork, subscription: Json) -> list[Line]:
    """Return the lines that go on the subscription's next invoice: its own, and the customer's."""
    own = [
        item
        for item in _not_invoiced(work, subscription["customer"])
        if item["parent"] is not None
        and item["parent"]["subscription_details"]["subscription"] == subscription["id"]
    ]
    # An invoice has one currency; items in another wait for an invoice in theirs.
    others = [
        item
        for item in without_subscription(work, subscription["customer"])
        if item["currency"] == subscription["currency"]
    ]
    return [_line(work, item) for item in (*own, *others)]


def _line(work: UnitOfWork, item: Json) -> Line:
    price = work.get("price", item["pricing"]["price_details"]["price"])
    return invoice_item_shape.to_line(item, price)


def _not_invoiced(work: UnitOfWork, customer_id: str) -> list[Json]:
    return [item for item in work.of_customer(KIND, customer_id) if item["invoice"] is None]


def without_subscription(work: UnitOfWork, customer_id: str) -> list[Json]:
    """Return the pending items that belong to no subscription."""
    return [item for item in _not_invoiced(work, customer_id) if item["parent"] is None]


def mark_invoiced(work: UnitOfWork, lines: Sequence[Line], invoice: Json) -> None:
    """Set the invoice of each item."""
    for line in lines:
        if line.invoice_item is not None:
            work.change(work.get(KIND, line.invoice_item), None, invoice=invoice["id"])
