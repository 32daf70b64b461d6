"""Invoice items: what is billed beside a subscription's own price, now or on its next invoice."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from keystead_stub.stripe_.simulated.ledger import Ledger
from keystead_stub.stripe_.simulated.shapes import invoices as shapes
from keystead_stub.stripe_.simulated.shapes.invoices import Line
from keystead_stub.stripe_.simulated.shapes.parts import Json

KIND = "invoiceitem"


def add(ledger: Ledger, subscription: Json, lines: Sequence[Line]) -> list[Line]:
    """Keep the lines as invoice items of the subscription; return them with their items."""
    kept = []
    for line in lines:
        item = shapes.invoice_item(
            line, item_id=ledger.ids.new("ii_1"), created=ledger.now_s, subscription=subscription
        )
        ledger.add(item)
        ledger.emit("invoiceitem.created", item)
        kept.append(msgspec.structs.replace(line, invoice_item=item["id"]))
    return kept


def waiting(ledger: Ledger, subscription: Json) -> list[Line]:
    """Return the lines of the subscription that no invoice has yet."""
    found = []
    for item in ledger.of_customer(KIND, subscription["customer"]):
        details = item["parent"]["subscription_details"]
        if item["invoice"] is None and details["subscription"] == subscription["id"]:
            price = ledger.get("price", item["pricing"]["price_details"]["price"])
            found.append(shapes.line_of(item, price))
    return found


def bill(ledger: Ledger, lines: Sequence[Line], invoice: Json) -> None:
    """Note on each item which invoice it went on."""
    for line in lines:
        if line.invoice_item is not None:
            ledger.change(ledger.get(KIND, line.invoice_item), None, invoice=invoice["id"])
