"""Operations on prices: https://docs.stripe.com/api/prices."""

from __future__ import annotations

from typing import Any

from keystead_stub.stripe_sim.engine.objects import Json, merged
from keystead_stub.stripe_sim.engine.unit_of_work import UnitOfWork
from keystead_stub.stripe_sim.resources.checkout_sessions.operations import refuse
from keystead_stub.stripe_sim.resources.products import shape
from keystead_stub.stripe_sim.resources.products.requests import NewPrice


def create(work: UnitOfWork, request: NewPrice) -> Json:
    """Create a price; raises StripeError for a product or a meter that does not exist."""
    work.get("product", request.product_id)
    if request.meter_id is not None:
        work.get("billing.meter", request.meter_id)
        if request.interval is None:
            raise refuse("What is metered is billed again and again.")
    price = shape.new_price(request, price_id=work.ids.new("price_1"), created=work.now_s)
    work.add(price)
    work.emit("price.created", price)
    return price


def update(work: UnitOfWork, price_id: str, fields: dict[str, Any]) -> Json:
    """Set fields of the price, never its amount; `metadata` is merged into what is there."""
    price = work.get("price", price_id)
    work.change(price, "price.updated", **merged(price, fields))
    return price
