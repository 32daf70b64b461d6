"""Invoice item objects: https://docs.stripe.com/api/invoiceitems/object. Pure."""

from __future__ import annotations

from keystead_stub.stripe_sim.engine.objects import Json, nulls
from keystead_stub.stripe_sim.resources.invoices import lines as invoice_lines
from keystead_stub.stripe_sim.resources.invoices.lines import Line


def invoice_item(
    line: Line, *, item_id: str, created: int, customer_id: str, subscription: Json | None
) -> Json:
    """Return the line as an item that waits for an invoice, of a subscription or of any."""
    price = line.price_document
    return {
        **nulls("customer_account frozen_fields invoice invoicing_rules test_clock"),
        "id": item_id,
        "object": "invoiceitem",
        "amount": line.amount,
        "currency": price["currency"],
        "customer": customer_id,
        "date": created,
        "description": line.description,
        "discountable": not line.proration,
        "discounts": [],
        "livemode": False,
        "metadata": {},
        "net_amount": line.amount,
        "parent": _parent(line, subscription),
        "period": {"start": line.period[0], "end": line.period[1]},
        "pricing": invoice_lines.pricing(price),
        "proration": line.proration,
        "proration_details": (
            {"credited_items": None, "discount_amounts": []} if line.proration else None
        ),
        "quantity": line.quantity,
        "quantity_decimal": str(line.quantity),
        "tax_rates": [],
    }


def _parent(line: Line, subscription: Json | None) -> Json | None:
    if subscription is None:
        return None
    return {
        "subscription_details": {
            "subscription": subscription["id"],
            "subscription_item": line.item_id,
        },
        "type": "subscription_details",
    }


def to_line(item: Json, price_document: Json) -> Line:
    """Return the line that an invoice item will be."""
    details = item["parent"] and item["parent"]["subscription_details"]
    return Line(
        amount=item["amount"],
        description=item["description"],
        quantity=item["quantity"],
        period=(item["period"]["start"], item["period"]["end"]),
        price_document=price_document,
        item_id=details["subscription_item"] if details else None,
        proration=item["proration"],
        invoice_item=item["id"],
    )
