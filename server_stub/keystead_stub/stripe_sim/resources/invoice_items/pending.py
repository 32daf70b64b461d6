"""Invoice items: what is billed beside a subscription's own price, now or on its next invoice."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from keystead_stub.stripe_sim.engine.objects import Json
from keystead_stub.stripe_sim.engine.unit_of_work import Ledger
from keystead_stub.stripe_sim.resources.invoices import shape as shapes
from keystead_stub.stripe_sim.resources.invoices.shape import Line

KIND = "invoiceitem"


def add(ledger: Ledger, subscription: Json, lines: Sequence[Line]) -> list[Line]:
    """Keep the lines as invoice items of the subscription; return them with their items."""
    kept = []
    for line in lines:
        item = shapes.invoice_item(
            line,
            item_id=ledger.ids.new("ii_1"),
            created=ledger.now_s,
            customer_id=subscription["customer"],
            subscription=subscription,
        )
        ledger.add(item)
        ledger.emit("invoiceitem.created", item)
        kept.append(msgspec.structs.replace(line, invoice_item=item["id"]))
    return kept


def waiting(ledger: Ledger, subscription: Json) -> list[Line]:
    """Return the lines that go on the subscription's next invoice: its own, and the customer's."""
    own = [
        item
        for item in _unbilled(ledger, subscription["customer"])
        if item["parent"] is not None
        and item["parent"]["subscription_details"]["subscription"] == subscription["id"]
    ]
    others = [
        item
        for item in of_customer(ledger, subscription["customer"])
        if item["currency"] == subscription["currency"]
    ]
    return [_line(ledger, item) for item in (*own, *others)]


def _line(ledger: Ledger, item: Json) -> Line:
    price = ledger.get("price", item["pricing"]["price_details"]["price"])
    return shapes.line_of(item, price)


def _unbilled(ledger: Ledger, customer_id: str) -> list[Json]:
    return [item for item in ledger.of_customer(KIND, customer_id) if item["invoice"] is None]


def of_customer(ledger: Ledger, customer_id: str) -> list[Json]:
    """Return the items of no subscription that no invoice has yet."""
    return [item for item in _unbilled(ledger, customer_id) if item["parent"] is None]


def bill(ledger: Ledger, lines: Sequence[Line], invoice: Json) -> None:
    """Note on each item which invoice it went on."""
    for line in lines:
        if line.invoice_item is not None:
            ledger.change(ledger.get(KIND, line.invoice_item), None, invoice=invoice["id"])
