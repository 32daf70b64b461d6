"""The catalogue of the billing side as the seed of simulated Stripe."""

from __future__ import annotations

import msgspec

from keystead_stub.billing.catalogue import Catalogue, Plan, PlanPrice
from keystead_stub.stripe_sim.engine.seed import Seed, SeedPrice, SeedProduct, SeedPromotion


def seed_from(catalogue: Catalogue) -> Seed:
    """Return the seed: the platform sells the catalogue, connected accounts what they create."""
    return Seed(
        products=tuple(map(_product, catalogue.plans)),
        promotions=tuple(
            SeedPromotion(**msgspec.structs.asdict(one)) for one in catalogue.promotions
        ),
    )


def _product(plan: Plan) -> SeedProduct:
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
    )


def _price(plan: Plan, price: PlanPrice) -> SeedPrice:
    return SeedPrice(
        id=price.id,
        currency=price.currency,
        unit_amount=price.amount,
        interval=price.interval,
        lookup_key=f"{plan.id}_{'payg' if price.pay_as_you_go else price.interval + 'ly'}",
    )
