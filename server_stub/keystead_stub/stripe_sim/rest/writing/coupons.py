"""Coupons, and the codes that people type for them."""

from __future__ import annotations

from typing import Any

from keystead_stub.stripe_sim.resources.coupons import operations as coupons
from keystead_stub.stripe_sim.resources.coupons.requests import NewCoupon
from keystead_stub.stripe_sim.resources.promotion_codes import operations as promotion_codes
from keystead_stub.stripe_sim.resources.promotion_codes.requests import NewPromotionCode
from keystead_stub.stripe_sim.rest.parameters import Parameters, invalid
from keystead_stub.stripe_sim.rest.writing.area import Area, ms_of
from keystead_stub.stripe_sim.simulated_stripe import SimulatedStripe
from keystead_stub.stripe_types.api import Document


async def create_coupon(stripe: SimulatedStripe, given: Parameters, key: str | None) -> Document:
    duration: Any = given.text("duration") or "once"
    if duration not in {"once", "repeating", "forever"}:
        raise invalid("duration")
    request = NewCoupon(
        id=given.text("id"),
        name=given.text("name"),
        percent_off=given.number("percent_off"),
        amount_off=given.whole("amount_off"),
        currency=given.text("currency"),
        duration=duration,
        duration_in_months=given.whole("duration_in_months"),
        max_redemptions=given.whole("max_redemptions"),
        redeem_by_ms=ms_of(given.whole("redeem_by")),
        metadata=given.metadata(),
        idempotency_key=key,
    )
    given.done()
    return stripe.submit(coupons.create, request)


async def create_promotion_code(
    stripe: SimulatedStripe, given: Parameters, key: str | None
) -> Document:
    promotion = given.nested("promotion")
    coupon_id = promotion.text("coupon") or given.text("coupon")
    if promotion.text("type") not in {None, "coupon"} or coupon_id is None:
        raise invalid("promotion")
    promotion.done()
    restrictions = given.nested("restrictions")
    request = NewPromotionCode(
        coupon_id=coupon_id,
        code=given.text("code"),
        active=given.flag("active") is not False,
        customer_id=given.text("customer"),
        expires_at_ms=ms_of(given.whole("expires_at")),
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


def delete_coupon(stripe: SimulatedStripe, object_id: str, given: Parameters) -> Document:
    given.done()
    stripe.run(coupons.delete, object_id)
    return {"id": object_id, "object": "coupon", "deleted": True}


AREA = Area(
    create={"coupons": create_coupon, "promotion_codes": create_promotion_code},
    delete={"coupons": delete_coupon},
)
