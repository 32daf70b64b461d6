"""Coupon objects: https://docs.stripe.com/api/coupons/object. Pure."""

from __future__ import annotations

from keystead_stub.stripe_sim.engine import objects
from keystead_stub.stripe_sim.engine.objects import Json
from keystead_stub.stripe_sim.resources.coupons.requests import NewCoupon


def coupon(request: NewCoupon, *, coupon_id: str, created: int) -> Json:
    return {
        "id": coupon_id,
        "object": "coupon",
        "amount_off": request.amount_off,
        "created": created,
        "currency": request.currency if request.amount_off is not None else None,
        "duration": request.duration,
        "duration_in_months": request.duration_in_months,
        "livemode": False,
        "max_redemptions": request.max_redemptions,
        "metadata": dict(request.metadata),
        "name": request.name,
        "percent_off": request.percent_off,
        "redeem_by": objects.optional_seconds(request.redeem_by_ms),
        "times_redeemed": 0,
        "valid": True,
    }
