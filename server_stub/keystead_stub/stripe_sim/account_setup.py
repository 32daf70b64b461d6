"""The objects that an account has from the start: the seed and its bank accounts."""

from __future__ import annotations

from collections.abc import Iterable

from keystead_stub.stripe_sim.engine.seed import SeedProduct
from keystead_stub.stripe_sim.engine.unit_of_work import UnitOfWork
from keystead_stub.stripe_sim.resources.coupons import operations as coupons
from keystead_stub.stripe_sim.resources.entitlements import operations as entitlements
from keystead_stub.stripe_sim.resources.payouts import operations as payouts
from keystead_stub.stripe_sim.resources.prices import shape as price_shape
from keystead_stub.stripe_sim.resources.products import shape as product_shape


def stock(work: UnitOfWork) -> None:
    """Create the seeded objects that the account does not have yet. Emits no event."""
    seed = work.rules.seed
    # Payouts go to a bank account of the same currency, so each currency sold needs one.
    for currency in seed.currencies:
        payouts.ensure_bank_account(work, currency)
    if work.rows.is_platform:
        add_products(work, seed.products)
    for promotion in seed.promotions:
        coupons.ensure_promotion(work, promotion)


def add_products(work: UnitOfWork, products: Iterable[SeedProduct]) -> None:
    """Create the products with their prices that the account does not have yet."""
    for product in products:
        # Runs at each start, so a developer's changes to seeded objects must survive it.
        if work.find("product", product.id) is None:
            work.add(product_shape.seeded_product(product, created=work.now_s))
        for feature in product.features:
            entitlements.ensure_feature(work, feature)
        for price in product.prices:
            if work.find("price", price.id) is None:
                work.add(price_shape.seeded_price(product, price, created=work.now_s))
