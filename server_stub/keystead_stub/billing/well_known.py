"""The plans that a billing API sells, which need no credential."""

from __future__ import annotations

from keystead.wire import nyra as wire
from keystead_stub.services import Services

_PERIODS = {"month": "monthly", "year": "yearly", None: wire.ONCE}


def plans(services: Services, api: str) -> wire.PlansAnswer:
    """List the plans that this billing API sells."""
    return wire.PlansAnswer(
        plans=tuple(
            wire.Plan(
                plan=plan.id,
                name=plan.name,
                features=plan.features,
                min_seats=plan.min_seats,
                max_seats=plan.max_seats,
                prices=tuple(
                    wire.Price(
                        price_id=price.id,
                        billing_period=_PERIODS[price.interval],
                        amount=price.amount,
                        currency=price.currency,
                    )
                    for price in plan.prices
                ),
            )
            for plan in services.catalogue.sold_at(api)
        )
    )
