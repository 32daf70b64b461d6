"""Promotion code objects: https://docs.stripe.com/api/promotion_codes/object. Pure."""

from __future__ import annotations

from keystead_stub.stripe_sim.engine import objects
from keystead_stub.stripe_sim.engine.objects import Json
from keystead_stub.stripe_sim.resources.promotion_codes.requests import NewPromotionCode


def promotion_code(request: NewPromotionCode, *, code_id: str, code: str, created: int) -> Json:
    return {
        "id": code_id,
        "object": "promotion_code",
        "active": request.active,
        "code": code,
        "created": created,
        "customer": request.customer_id,
        "customer_account": None,
        "expires_at": objects.optional_seconds(request.expires_at_ms),
        "livemode": False,
        "max_redemptions": request.max_redemptions,
        "metadata": dict(request.metadata),
        "promotion": {"coupon": request.coupon_id, "type": "coupon"},
        "restrictions": {
            "first_time_transaction": request.first_time_transaction,
            "minimum_amount": request.minimum_amount,
            "minimum_amount_currency": request.minimum_amount_currency,
        },
        "times_redeemed": 0,
    }
