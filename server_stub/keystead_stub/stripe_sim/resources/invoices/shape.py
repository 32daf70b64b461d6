"""Invoices, their lines and their payments."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from keystead_stub.stripe_sim.engine import amounts
from keystead_stub.stripe_sim.engine.objects import Json, automatic_tax, listing, nulls


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
        """What of the line a coupon may reduce; a proration was reduced when it was computed."""
        return 0 if self.proration else self.amount


def invoice_line(
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
        "discount_amounts": _discount_amounts(discounts),
        "discountable": not line.proration,
        "discounts": [],
        "invoice": invoice_id,
        "livemode": False,
        "metadata": {},
        "parent": _line_parent(line, subscription),
        "period": {"start": line.period[0], "end": line.period[1]},
        "pretax_credit_amounts": [
            {**one, "type": "discount"} for one in _discount_amounts(discounts)
        ],
        "pricing": pricing(line.price_document),
        "quantity": line.quantity,
        "quantity_decimal": str(line.quantity),
        "subscription": subscription["id"] if subscription else None,
        "subtotal": line.amount,
        "taxes": [],
    }


def _line_parent(line: Line, subscription: Json | None) -> Json | None:
    if line.item_id is None and line.invoice_item is not None:
        return _item_origin(line, subscription)
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


def _item_origin(line: Line, subscription: Json | None) -> Json:
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
        "parent": _item_parent(line, subscription),
        "period": {"start": line.period[0], "end": line.period[1]},
        "pricing": pricing(price),
        "proration": line.proration,
        "proration_details": (
            {"credited_items": None, "discount_amounts": []} if line.proration else None
        ),
        "quantity": line.quantity,
        "quantity_decimal": str(line.quantity),
        "tax_rates": [],
    }


def _item_parent(line: Line, subscription: Json | None) -> Json | None:
    if subscription is None:
        return None
    return {
        "subscription_details": {
            "subscription": subscription["id"],
            "subscription_item": line.item_id,
        },
        "type": "subscription_details",
    }


def pricing(price: Json) -> Json:
    """Return what an invoice's line or item says of its price."""
    return {
        "price_details": {"price": price["id"], "product": price["product"]},
        "type": "price_details",
        "unit_amount_decimal": price["unit_amount_decimal"],
    }


def line_of(item: Json, price_document: Json) -> Line:
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


_INVOICE_NULLS = (
    "account_name account_tax_ids application automatically_finalizes_at custom_fields"
    " customer_account customer_address customer_name customer_phone customer_shipping"
    " default_payment_method default_source description due_date effective_at ending_balance"
    " footer from_invoice hosted_invoice_url invoice_pdf last_finalization_error latest_revision"
    " next_payment_attempt number on_behalf_of parent receipt_number rendering shipping_cost"
    " shipping_details statement_descriptor test_clock webhooks_delivered_at"
)


def invoice(
    *,
    invoice_id: str,
    created: int,
    customer: Json,
    subscription: Json | None,
    reason: str,
    period: tuple[int, int],
    currency: str,
    lines: Sequence[Json],
    discounts: Mapping[str, int],
) -> Json:
    """Return a draft invoice; `discounts` is what each of them takes off it in all."""
    subtotal = sum(line["amount"] for line in lines)
    return {
        **nulls(_INVOICE_NULLS),
        **amounts_of(subtotal, discounts, customer["balance"], currency),
        "id": invoice_id,
        "object": "invoice",
        "account_country": "DE",
        "attempt_count": 0,
        "attempted": False,
        "auto_advance": True,
        "automatic_tax": automatic_tax("disabled_reason", "provider", "status"),
        "billing_reason": reason,
        "collection_method": "charge_automatically",
        "created": created,
        "currency": currency,
        "customer": customer["id"],
        "customer_email": customer["email"],
        "customer_tax_exempt": "none",
        "customer_tax_ids": [],
        "default_tax_rates": [],
        "discounts": list(discounts),
        "issuer": {"type": "self"},
        "lines": listing(list(lines), f"/v1/invoices/{invoice_id}/lines"),
        "livemode": False,
        "metadata": {},
        "parent": _invoice_parent(subscription),
        "payment_settings": nulls("default_mandate payment_method_options payment_method_types"),
        "period_end": period[1],
        "period_start": period[0],
        "status": "draft",
        "status_transitions": nulls("finalized_at marked_uncollectible_at paid_at voided_at"),
    }


def amounts_of(subtotal: int, discounts: Mapping[str, int], balance: int, currency: str) -> Json:
    """Return the draft's amounts; `balance` is the customer's as it is now."""
    total = subtotal - sum(discounts.values())
    due = amounts.due(total, balance, currency).amount
    taken = _discount_amounts(discounts)
    return {
        "amount_due": due,
        "amount_overpaid": 0,
        "amount_paid": 0,
        "amount_remaining": due,
        "amount_shipping": 0,
        "post_payment_credit_notes_amount": 0,
        "pre_payment_credit_notes_amount": 0,
        "starting_balance": balance,
        "subtotal": subtotal,
        "subtotal_excluding_tax": subtotal,
        "total": total,
        "total_discount_amounts": taken,
        "total_excluding_tax": total,
        "total_pretax_credit_amounts": [{**one, "type": "discount"} for one in taken],
        "total_taxes": [],
    }


def _discount_amounts(discounts: Mapping[str, int]) -> list[Json]:
    return [{"amount": amount, "discount": one} for one, amount in discounts.items()]


def _invoice_parent(subscription: Json | None) -> Json | None:
    if subscription is None:
        return None
    return {
        "quote_details": None,
        "subscription_details": {
            "metadata": subscription["metadata"],
            "subscription": subscription["id"],
        },
        "type": "subscription_details",
    }


def invoice_payment(
    *, payment_id: str, created: int, invoice_id: str, intent_id: str, amount: int, currency: str
) -> Json:
    return {
        "id": payment_id,
        "object": "invoice_payment",
        "amount_paid": None,
        "amount_requested": amount,
        "created": created,
        "currency": currency,
        "invoice": invoice_id,
        "is_default": True,
        "livemode": False,
        "payment": {"type": "payment_intent", "payment_intent": intent_id},
        "status": "open",
        "status_transitions": {"canceled_at": None, "paid_at": None},
    }
