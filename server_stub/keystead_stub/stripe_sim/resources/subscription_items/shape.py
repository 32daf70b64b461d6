"""Subscription item objects: https://docs.stripe.com/api/subscription_items/object. Pure."""

from __future__ import annotations

from keystead_stub.stripe_sim.engine.objects import Json, nulls
from keystead_stub.stripe_sim.resources.prices import shape as price_shape


def _plan(price_document: Json) -> Json:
    """Return the legacy plan object, which Stripe still includes beside each price."""
    recurring = price_document["recurring"]
    return {
        **nulls("nickname tiers_mode transform_usage trial_period_days"),
        "id": price_document["id"],
        "object": "plan",
        "active": True,
        "amount": price_document["unit_amount"],
        "amount_decimal": price_document["unit_amount_decimal"],
        "billing_scheme": "per_unit",
        "created": price_document["created"],
        "currency": price_document["currency"],
        "interval": recurring["interval"],
        "interval_count": recurring["interval_count"],
        "livemode": False,
        "metadata": price_document["metadata"],
        "meter": recurring["meter"],
        "product": price_document["product"],
        "usage_type": recurring["usage_type"],
    }


def subscription_item(
    subscription_id: str,
    *,
    item_id: str,
    created: int,
    period: tuple[int, int],
    price_document: Json,
    quantity: int,
    metadata: dict[str, str] | None = None,
) -> Json:
    """Return an item of a subscription, whose period is that of all of its items.

    A metered item has no quantity: its usage is known when the period is over.
    """
    start, end = period
    return {
        "id": item_id,
        "object": "subscription_item",
        "billing_thresholds": None,
        "created": created,
        "current_period_end": end,
        "current_period_start": start,
        "discounts": [],
        "metadata": metadata or {},
        "plan": _plan(price_document),
        "price": price_document,
        **({} if price_shape.is_metered(price_document) else {"quantity": quantity}),
        "subscription": subscription_id,
        "tax_rates": [],
    }


def amount(item: Json) -> int:
    """Return what a whole period of a subscription item costs ahead, before any discount."""
    if price_shape.is_metered(item["price"]):
        return 0
    amount: int = item["price"]["unit_amount"] * item["quantity"]
    return amount


def with_price(item: Json, price_document: Json) -> Json:
    """Return the subscription item under another price; a metered one has no quantity."""
    made = {**item, "price": price_document, "plan": _plan(price_document)}
    if price_shape.is_metered(price_document):
        made.pop("quantity", None)
    return made
