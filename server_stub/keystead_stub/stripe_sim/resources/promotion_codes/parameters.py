"""Promotion codes in the REST API: https://docs.stripe.com/api/promotion_codes."""

from __future__ import annotations

from keystead_stub.stripe_sim.engine.errors import invalid_parameter
from keystead_stub.stripe_sim.resources.promotion_codes import operations as promotion_codes
from keystead_stub.stripe_sim.resources.promotion_codes.requests import NewPromotionCode
from keystead_stub.stripe_sim.rest.parameters import Parameters
from keystead_stub.stripe_sim.rest.resource import Resource, StoredObjects
from keystead_stub.stripe_sim.simulated_stripe import SimulatedStripe
from keystead_stub.stripe_types.api import Document


def create(stripe: SimulatedStripe, given: Parameters, key: str | None) -> Document:
    promotion = given.nested("promotion")
    coupon_id = promotion.text("coupon") or given.text("coupon")
    if promotion.text("type") not in {None, "coupon"} or coupon_id is None:
        raise invalid_parameter("promotion")
    promotion.done()
    restrictions = given.nested("restrictions")
    request = NewPromotionCode(
        coupon_id=coupon_id,
        code=given.text("code"),
        active=given.flag("active") is not False,
        customer_id=given.text("customer"),
        expires_at_ms=given.instant_ms("expires_at"),
        max_redemptions=given.whole("max_redemptions"),
        first_time_transaction=restrictions.flag("first_time_transaction") or False,
        minimum_amount=restrictions.whole("minimum_amount"),
        minimum_amount_currency=restrictions.text("minimum_amount_currency"),
        metadata=given.metadata(),
        idempotency_key=key,
    )
    restrictions.done()
    given.done()
    return stripe.submit(promotion_codes.create, request)


_FILTERS = {"active": "active", "code": "code", "coupon": "promotion.coupon"}
RESOURCES = (
    Resource(
        path="promotion_codes",
        objects=StoredObjects("promotion_code", _FILTERS),
        create=create,
    ),
)
