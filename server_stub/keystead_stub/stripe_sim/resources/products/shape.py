"""What is sold and how: products, prices, subscriptions, entitlements."""

from __future__ import annotations

from keystead_stub.stripe_sim.engine.objects import Json, automatic_tax, listing, nulls
from keystead_stub.stripe_sim.engine.seed import SeedPrice, SeedProduct
from keystead_stub.stripe_sim.resources.products.requests import NewPrice, NewProduct


def seeded_product(seed: SeedProduct, *, created: int) -> Json:
    """Return the object of a seeded product."""
    wanted = NewProduct(name=seed.name, id=seed.id, metadata=seed.metadata)
    return {
        **new_product(wanted, product_id=seed.id, created=created),
        "default_price": seed.prices[0].id if seed.prices else None,
        "marketing_features": [{"name": feature} for feature in seed.features],
    }


def new_product(wanted: NewProduct, *, product_id: str, created: int) -> Json:
    return {
        **nulls("default_price package_dimensions shippable statement_descriptor"),
        **nulls("tax_code unit_label url"),
        "id": product_id,
        "object": "product",
        "active": wanted.active,
        "created": created,
        "description": wanted.description,
        "images": [],
        "livemode": False,
        "marketing_features": [],
        "metadata": dict(wanted.metadata),
        "name": wanted.name,
        "type": "service",
        "updated": created,
    }


def seeded_price(product: SeedProduct, price: SeedPrice, *, created: int) -> Json:
    """Return the object of a seeded price."""
    wanted = NewPrice(
        product_id=product.id,
        currency=price.currency,
        unit_amount=price.unit_amount,
        interval=price.interval,
        lookup_key=price.lookup_key,
        metadata=product.metadata,
    )
    return new_price(wanted, price_id=price.id, created=created)


def new_price(wanted: NewPrice, *, price_id: str, created: int) -> Json:
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


def _plan(price_document: Json) -> Json:
    """Return the legacy plan object that still stands beside each price."""
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


_SUBSCRIPTION_NULLS = (
    "application application_fee_percent billing_cycle_anchor_config billing_thresholds cancel_at"
    " canceled_at customer_account days_until_due default_source description ended_at"
    " latest_invoice next_pending_invoice_item_invoice on_behalf_of pause_collection"
    " pending_invoice_item_interval pending_setup_intent pending_update schedule test_clock"
    " transfer_data"
)


def subscription(
    *,
    subscription_id: str,
    items: list[Json],
    created: int,
    customer_id: str,
    payment_method_id: str | None,
    metadata: dict[str, str],
    trial_end: int | None,
    trial_end_behavior: str,
) -> Json:
    """Return a subscription that begins now, with its trial if it has one."""
    return {
        **nulls(_SUBSCRIPTION_NULLS),
        "id": subscription_id,
        "object": "subscription",
        "automatic_tax": automatic_tax("disabled_reason"),
        "billing_cycle_anchor": trial_end or created,
        "billing_mode": {"flexible": None, "type": "classic"},
        "billing_schedules": [],
        "cancel_at_period_end": False,
        "cancellation_details": nulls("comment feedback reason"),
        "collection_method": "charge_automatically",
        "created": created,
        "currency": items[0]["price"]["currency"],
        "customer": customer_id,
        "default_payment_method": payment_method_id,
        "default_tax_rates": [],
        "discounts": [],
        "invoice_settings": {
            **nulls("account_tax_ids custom_fields description footer"),
            "issuer": {"type": "self"},
        },
        "items": listing(items, f"/v1/subscription_items?subscription={subscription_id}"),
        "livemode": False,
        "managed_payments": {"enabled": False},
        "metadata": dict(metadata),
        "payment_settings": {
            "payment_method_options": None,
            "payment_method_types": None,
            "save_default_payment_method": "off",
        },
        "start_date": created,
        "status": "trialing" if trial_end else "incomplete",
        "trial_end": trial_end,
        "trial_settings": {"end_behavior": {"missing_payment_method": trial_end_behavior}},
        "trial_start": created if trial_end else None,
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

    A metered one has no quantity: what was used is known when the period is over.
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
        **({} if is_metered(price_document) else {"quantity": quantity}),
        "subscription": subscription_id,
        "tax_rates": [],
    }


def is_metered(price_document: Json) -> bool:
    """Whether a price is for usage, billed once it is known."""
    recurring = price_document["recurring"]
    return recurring is not None and recurring["usage_type"] == "metered"


def item_amount(item: Json) -> int:
    """Return what a whole period of a subscription item costs ahead, before any discount."""
    if is_metered(item["price"]):
        return 0
    amount: int = item["price"]["unit_amount"] * item["quantity"]
    return amount


def with_price(item: Json, price_document: Json) -> Json:
    """Return the subscription item under another price; a metered one has no quantity."""
    made = {**item, "price": price_document, "plan": _plan(price_document)}
    if is_metered(price_document):
        made.pop("quantity", None)
    return made


def feature(lookup_key: str, *, feature_id: str) -> Json:
    return {
        "id": feature_id,
        "object": "entitlements.feature",
        "active": True,
        "livemode": False,
        "lookup_key": lookup_key,
        "metadata": {},
        "name": lookup_key.capitalize(),
    }


def active_entitlement(*, entitlement_id: str, feature_id: str, lookup_key: str) -> Json:
    return {
        "id": entitlement_id,
        "object": "entitlements.active_entitlement",
        "feature": feature_id,
        "livemode": False,
        "lookup_key": lookup_key,
    }


def entitlement_summary(customer_id: str, entitlements: list[Json]) -> Json:
    return {
        "object": "entitlements.active_entitlement_summary",
        "customer": customer_id,
        "entitlements": listing(entitlements, f"/v1/customer/{customer_id}/entitlements"),
        "livemode": False,
    }
