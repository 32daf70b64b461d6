"""Line items of invoices: https://docs.stripe.com/api/invoice-line-item/object. Pure."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from keystead_stub.stripe_sim.engine.objects import Json


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One line of an invoice, before it has an id; the period in seconds."""

    amount: int
    description: str
    quantity: int
    period: tuple[int, int]
    price_document: Json
    #: The subscription item that it bills.
    item_id: str | None = None
    proration: bool = False
    #: The invoice item that it comes from, where it comes from one.
    invoice_item: str | None = None

    @property
    def discountable(self) -> int:
        """The amount that a coupon may reduce: prorations were reduced when computed."""
        return 0 if self.proration else self.amount


def line_item(
    line: Line,
    *,
    line_id: str,
    invoice_id: str,
    subscription: Json | None,
    discounts: Mapping[str, int],
) -> Json:
    """Return the line; `discounts` is what each of them takes off it."""
    return {
        "id": line_id,
        "object": "line_item",
        "amount": line.amount,
        "currency": line.price_document["currency"],
        "description": line.description,
        "discount_amounts": discount_amounts(discounts),
        "discountable": not line.proration,
        "discounts": [],
        "invoice": invoice_id,
        "livemode": False,
        "metadata": {},
        "parent": _parent(line, subscription),
        "period": {"start": line.period[0], "end": line.period[1]},
        "pretax_credit_amounts": [
            {**one, "type": "discount"} for one in discount_amounts(discounts)
        ],
        "pricing": pricing(line.price_document),
        "quantity": line.quantity,
        "quantity_decimal": str(line.quantity),
        "subscription": subscription["id"] if subscription else None,
        "subtotal": line.amount,
        "taxes": [],
    }


def _parent(line: Line, subscription: Json | None) -> Json | None:
    if line.item_id is None and line.invoice_item is not None:
        return _invoice_item_parent(line, subscription)
    if subscription is None:
        return None
    return {
        "invoice_item_details": None,
        "subscription_item_details": {
            "invoice_item": line.invoice_item,
            "proration": line.proration,
            "proration_details": {"credited_items": None} if line.proration else None,
            "subscription": subscription["id"],
            "subscription_item": line.item_id,
        },
        "type": "subscription_item_details",
    }


def _invoice_item_parent(line: Line, subscription: Json | None) -> Json:
    return {
        "invoice_item_details": {
            "invoice_item": line.invoice_item,
            "proration": False,
            "proration_details": None,
            "subscription": subscription["id"] if subscription else None,
        },
        "subscription_item_details": None,
        "type": "invoice_item_details",
    }


def pricing(price: Json) -> Json:
    """Return the `pricing` of an invoice's line or item."""
    return {
        "price_details": {"price": price["id"], "product": price["product"]},
        "type": "price_details",
        "unit_amount_decimal": price["unit_amount_decimal"],
    }


def discount_amounts(discounts: Mapping[str, int]) -> list[Json]:
    return [{"amount": amount, "discount": one} for one, amount in discounts.items()]
