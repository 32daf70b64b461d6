"""Price objects: https://docs.stripe.com/api/prices/object. Pure."""

from __future__ import annotations

from keystead_stub.stripe_sim.engine.objects import Json, nulls
from keystead_stub.stripe_sim.engine.seed import SeedPrice, SeedProduct
from keystead_stub.stripe_sim.resources.prices.requests import NewPrice


def seeded_price(product: SeedProduct, seed: SeedPrice, *, created: int) -> Json:
    """Return the object of a seeded price."""
    wanted = NewPrice(
        product_id=product.id,
        currency=seed.currency,
        unit_amount=seed.unit_amount,
        interval=seed.interval,
        lookup_key=seed.lookup_key,
        metadata=product.metadata,
    )
    return price(wanted, price_id=seed.id, created=created)


def price(wanted: NewPrice, *, price_id: str, created: int) -> Json:
    recurring = {
        "interval": wanted.interval,
        "interval_count": 1,
        "meter": wanted.meter_id,
        "trial_period_days": None,
        "usage_type": "metered" if wanted.meter_id else "licensed",
    }
    return {
        **nulls("custom_unit_amount tiers_mode transform_quantity"),
        "id": price_id,
        "object": "price",
        "active": wanted.active,
        "billing_scheme": "per_unit",
        "created": created,
        "currency": wanted.currency,
        "livemode": False,
        "lookup_key": wanted.lookup_key,
        "metadata": dict(wanted.metadata),
        "nickname": wanted.nickname,
        "product": wanted.product_id,
        "recurring": recurring if wanted.interval else None,
        "tax_behavior": "unspecified",
        "type": "recurring" if wanted.interval else "one_time",
        "unit_amount": wanted.unit_amount,
        "unit_amount_decimal": str(wanted.unit_amount),
    }


def is_metered(price_document: Json) -> bool:
    """Whether a price is for usage, billed once it is known."""
    recurring = price_document["recurring"]
    return recurring is not None and recurring["usage_type"] == "metered"
