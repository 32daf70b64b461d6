"""The objects that an account has from the start: the seed and its bank accounts."""

from __future__ import annotations

from collections.abc import Sequence

from keystead_stub.stripe_sim.engine.objects import Json
from keystead_stub.stripe_sim.engine.seed import SeedProduct
from keystead_stub.stripe_sim.engine.unit_of_work import UnitOfWork
from keystead_stub.stripe_sim.resources.coupons import operations as coupons
from keystead_stub.stripe_sim.resources.entitlements import operations as entitlements
from keystead_stub.stripe_sim.resources.payouts import operations as payouts
from keystead_stub.stripe_sim.resources.prices import shape as price_shape
from keystead_stub.stripe_sim.resources.products import shape as product_shape
from keystead_stub.stripe_sim.resources.subscriptions.lifecycle import items_of


def stock(work: UnitOfWork) -> None:
    """Create the seeded objects that the account does not have yet, and take back what left."""
    seed = work.rules.seed
    # Payouts go to a bank account of the same currency, so each currency sold needs one.
    for currency in seed.currencies:
        payouts.ensure_bank_account(work, currency)
    if work.rows.is_platform:
        add_products(work, seed.products)
    for promotion in seed.promotions:
        coupons.ensure_promotion(work, promotion)


def add_products(work: UnitOfWork, products: Sequence[SeedProduct]) -> None:
    """Create the products with their prices, and take from the market what left the seed.

    Runs at each start, so a developer's changes to seeded objects must survive it: an object
    changes only where the seed does.
    """
    # Before the new prices come: a lookup key belongs to one price.
    for product in products:
        for price_id in product.retired_prices:
            _retire(work, work.find("price", price_id), lookup_key=None)
        if not product.prices:
            _retire(work, work.find("product", product.id))
    for product in products:
        for feature in product.features:
            entitlements.ensure_feature(work, feature)
        if product.prices:
            _offer(work, product)


def _offer(work: UnitOfWork, product: SeedProduct) -> None:
    seeded = product_shape.seeded_product(product, created=work.now_s)
    known = work.find("product", product.id)
    if known is None:
        work.add(seeded)
        work.update_private(product.id, seeded=_described(seeded))
    else:
        _return(work, known)
    for price in product.prices:
        found = work.find("price", price.id)
        if found is None:
            work.add(price_shape.seeded_price(product, price, created=work.now_s))
        else:
            _return(work, found, lookup_key=price.lookup_key)


def _described(product: Json) -> Json:
    return {name: product[name] for name in ("name", "marketing_features", "default_price")}


def follow_seed(work: UnitOfWork) -> None:
    """Describe each product as the seed does, where that has changed since the last start.

    Its subscribers' entitlements change with its features. Not a part of `stock`, because the
    webhooks of this are for the endpoint that is registered after it.
    """
    for product in work.rules.seed.products:
        known = work.find("product", product.id)
        if known is not None and product.prices:
            _follow(work, known, product_shape.seeded_product(product, created=known["created"]))


def _follow(work: UnitOfWork, known: Json, seeded: Json) -> None:
    now = _described(seeded)
    # What an older version created is described as the seed was, and no more is known of it.
    before = work.private(known["id"]).get("seeded", now)
    work.update_private(known["id"], seeded=now)
    if before == now:
        return
    work.change(known, "product.updated", **now)
    if before["marketing_features"] != now["marketing_features"]:
        for customer_id in _subscribers(work, known["id"]):
            entitlements.publish_summary(work, customer_id)


def _subscribers(work: UnitOfWork, product_id: str) -> set[str]:
    return {
        subscription["customer"]
        for subscription in work.all("subscription")
        if any(item["price"]["product"] == product_id for item in items_of(subscription))
    }


def _retire(work: UnitOfWork, found: Json | None, **fields: None) -> None:
    if found is not None and not work.private(found["id"]).get("retired"):
        work.update_private(found["id"], retired=True)
        work.change(found, f"{found['object']}.updated", active=False, **fields)


def _return(work: UnitOfWork, found: Json, **fields: str) -> None:
    """Put what was retired on sale again."""
    if work.private(found["id"]).get("retired"):
        work.update_private(found["id"], retired=False)
        work.change(found, f"{found['object']}.updated", active=True, **fields)
