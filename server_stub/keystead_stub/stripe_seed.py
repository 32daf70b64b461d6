"""The catalogue of the billing side as the seed of simulated Stripe."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from keystead_stub.billing.catalogue import Catalogue, Plan, PlanPrice
from keystead_stub.stripe_sim.engine.seed import Seed, SeedPrice, SeedProduct, SeedPromotion


def seed_from(catalogue: Catalogue) -> Seed:
    """Return the seed: the platform sells the catalogue, connected accounts what they create."""
    retired: dict[str, list[Plan]] = {}
    for plan in catalogue.retired:
        retired.setdefault(plan.id, []).append(plan)
    sold = tuple(_product(plan, retired.pop(plan.id, ())) for plan in catalogue.plans)
    gone = tuple(
        # The last one is what it was when it left the catalogue.
        _product(msgspec.structs.replace(plans[-1], prices=()), plans)
        for plans in retired.values()
    )
    return Seed(
        products=sold + gone,
        promotions=tuple(
            SeedPromotion(**msgspec.structs.asdict(one)) for one in catalogue.promotions
        ),
    )


def _product(plan: Plan, retired: Sequence[Plan]) -> SeedProduct:
    return SeedProduct(
        id=plan.product_id,
        name=plan.name,
        # Invoice lines are named after it: a price copies the metadata, and an id would say nothing
        # to a customer.
        metadata={"plan": plan.id},
        features=plan.features,
        prices=tuple(_price(plan, price) for price in plan.prices),
        min_quantity=plan.min_seats,
        max_quantity=plan.max_seats,
        retired_prices=tuple(price.id for one in retired for price in one.prices),
    )


def _price(plan: Plan, price: PlanPrice) -> SeedPrice:
    return SeedPrice(
        id=price.id,
        currency=price.currency,
        unit_amount=price.amount,
        interval=price.interval,
        lookup_key=f"{plan.id}_{_period(price)}",
    )


def _period(price: PlanPrice) -> str:
    if price.pay_as_you_go:
        return "payg"
    return "once" if price.interval is None else f"{price.interval}ly"
