"""Promotion codes in the REST API: https://docs.stripe.com/api/promotion_codes."""

from __future__ import annotations

from keystead_stub.stripe_sim.engine.errors import invalid_parameter
from keystead_stub.stripe_sim.resources.promotion_codes import operations as promotion_codes
from keystead_stub.stripe_sim.resources.promotion_codes.requests import NewPromotionCode
from keystead_stub.stripe_sim.rest.parameters import Parameters
from keystead_stub.stripe_sim.rest.resource import Resource, StoredObjects
from keystead_stub.stripe_sim.simulated_stripe import SimulatedStripe
from keystead_stub.stripe_types.api import Document


def create(stripe: SimulatedStripe, params: Parameters, key: str | None) -> Document:
    promotion = params.nested("promotion")
    coupon_id = promotion.text("coupon") or params.text("coupon")
    if promotion.text("type") not in {None, "coupon"} or coupon_id is None:
        raise invalid_parameter("promotion")
    promotion.done()
    restrictions = params.nested("restrictions")
    request = NewPromotionCode(
        coupon_id=coupon_id,
        code=params.text("code"),
        active=params.flag("active") is not False,
        customer_id=params.text("customer"),
        expires_at_ms=params.instant_ms("expires_at"),
        max_redemptions=params.whole("max_redemptions"),
        first_time_transaction=restrictions.flag("first_time_transaction") or False,
        minimum_amount=restrictions.whole("minimum_amount"),
        minimum_amount_currency=restrictions.text("minimum_amount_currency"),
        metadata=params.metadata(),
        idempotency_key=key,
    )
    restrictions.done()
    params.done()
    return stripe.submit(promotion_codes.create, request)


_FILTERS = {"active": "active", "code": "code", "coupon": "promotion.coupon"}
RESOURCES = (
    Resource(
        path="promotion_codes",
        objects=StoredObjects("promotion_code", _FILTERS),
        create=create,
    ),
)
