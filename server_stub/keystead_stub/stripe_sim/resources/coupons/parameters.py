"""Coupons in the REST API: https://docs.stripe.com/api/coupons."""

from __future__ import annotations

from typing import Any

from keystead_stub.stripe_sim.engine.errors import invalid_parameter
from keystead_stub.stripe_sim.resources.coupons import operations as coupons
from keystead_stub.stripe_sim.resources.coupons.requests import NewCoupon
from keystead_stub.stripe_sim.rest.parameters import MAX_ID, Parameters
from keystead_stub.stripe_sim.rest.resource import Resource, StoredObjects, deletion
from keystead_stub.stripe_sim.simulated_stripe import SimulatedStripe
from keystead_stub.stripe_types.api import Document


def create(stripe: SimulatedStripe, params: Parameters, key: str | None) -> Document:
    duration: Any = params.text("duration") or "once"
    if duration not in {"once", "repeating", "forever"}:
        raise invalid_parameter("duration")
    request = NewCoupon(
        id=params.text("id", most=MAX_ID),
        name=params.text("name"),
        percent_off=params.number("percent_off"),
        amount_off=params.whole("amount_off"),
        currency=params.text("currency"),
        duration=duration,
        duration_in_months=params.whole("duration_in_months"),
        max_redemptions=params.whole("max_redemptions"),
        redeem_by_ms=params.instant_ms("redeem_by"),
        metadata=params.metadata(),
        idempotency_key=key,
    )
    params.done()
    return stripe.submit(coupons.create, request)


RESOURCES = (
    Resource(
        path="coupons",
        objects=StoredObjects("coupon"),
        create=create,
        delete=deletion("coupon", coupons.delete),
    ),
)
