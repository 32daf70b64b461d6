"""Coupons, the promotion codes that give them, and the discounts that come of them."""

from __future__ import annotations

from keystead.instants import to_ms, to_seconds
from keystead_stub.stripe_sim.engine.objects import Json, nulls
from keystead_stub.stripe_sim.resources.coupons.requests import (
    NewCoupon,
    NewPromotionCode,
    PromotionCode,
    Reduction,
)
from keystead_stub.stripe_types.api import Document


def _seconds(instant_ms: int | None) -> int | None:
    return None if instant_ms is None else to_seconds(instant_ms)


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
        "redeem_by": _seconds(request.redeem_by_ms),
        "times_redeemed": 0,
        "valid": True,
    }


def promotion_code(request: NewPromotionCode, *, code_id: str, code: str, created: int) -> Json:
    return {
        "id": code_id,
        "object": "promotion_code",
        "active": request.active,
        "code": code,
        "created": created,
        "customer": request.customer_id,
        "customer_account": None,
        "expires_at": _seconds(request.expires_at_ms),
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


def discount(
    *,
    discount_id: str,
    start: int,
    end: int | None,
    customer_id: str,
    subscription_id: str | None,
    session_id: str | None,
    coupon_id: str,
    code_id: str | None,
) -> Json:
    """Return a coupon at work on a subscription, a customer or one invoice."""
    return {
        **nulls("customer_account invoice invoice_item subscription_item"),
        "id": discount_id,
        "object": "discount",
        "checkout_session": session_id,
        "customer": customer_id,
        "end": end,
        "promotion_code": code_id,
        "source": {"coupon": coupon_id, "type": "coupon"},
        "start": start,
        "subscription": subscription_id,
    }


def reduction(terms: Document) -> Reduction:
    """Return what a coupon, or what a discount kept of it, takes off."""
    return Reduction(
        name=terms["name"] or "Discount",
        percent_off=terms["percent_off"],
        amount_off=terms["amount_off"],
        currency=terms["currency"],
        duration=terms["duration"],
        months=terms["duration_in_months"],
    )


def promotion(code: Document, coupon_document: Document) -> PromotionCode:
    """Return a promotion code with what its coupon gives."""
    expires_at = code["expires_at"]
    return PromotionCode(
        id=code["id"],
        code=code["code"],
        active=code["active"],
        times_redeemed=code["times_redeemed"],
        max_redemptions=code["max_redemptions"],
        expires_at_ms=None if expires_at is None else to_ms(expires_at),
        reduction=reduction(coupon_document),
        document=code,
    )
