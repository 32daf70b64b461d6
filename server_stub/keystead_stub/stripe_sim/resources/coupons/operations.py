"""Operations on coupons: https://docs.stripe.com/api/coupons."""

from __future__ import annotations

from keystead.instants import to_seconds
from keystead_stub.stripe_sim.engine import errors
from keystead_stub.stripe_sim.engine.objects import Json
from keystead_stub.stripe_sim.engine.seed import SeedPromotion
from keystead_stub.stripe_sim.engine.unit_of_work import UnitOfWork
from keystead_stub.stripe_sim.resources.coupons import shape
from keystead_stub.stripe_sim.resources.coupons.requests import NewCoupon
from keystead_stub.stripe_sim.resources.promotion_codes import shape as promotion_code_shape
from keystead_stub.stripe_sim.resources.promotion_codes.requests import NewPromotionCode


def create(work: UnitOfWork, request: NewCoupon) -> Json:
    """Create a coupon; raises StripeError for invalid terms, or an id that exists."""
    _check_terms(request)
    # Stripe's coupon ids have no prefix, so an id must be compared with those of all objects.
    coupon_id = request.id or work.ids.text(8)
    if work.is_taken(coupon_id):
        raise errors.invalid_request("Coupon already exists.", "resource_already_exists")
    if request.redeem_by_ms is not None and to_seconds(request.redeem_by_ms) <= work.now_s:
        raise errors.invalid_request("Invalid redeem_by: must be in the future.")
    coupon = work.add(shape.coupon(request, coupon_id=coupon_id, created=work.now_s))
    work.emit("coupon.created", coupon)
    if coupon["redeem_by"] is not None:
        work.set_timer(coupon["redeem_by"], "coupon_over", coupon_id)
    return coupon


def _check_terms(request: NewCoupon) -> None:
    percent, amount = request.percent_off, request.amount_off
    if (percent is None) == (amount is None):
        raise errors.invalid_request(
            "You must specify exactly one of these parameters: amount_off, percent_off."
        )
    if percent is not None and not 0 < percent <= 100:
        raise errors.invalid_request("Invalid percent_off: must be greater than 0 and at most 100.")
    if amount is not None and (amount <= 0 or request.currency is None):
        raise errors.invalid_request("A positive amount_off must be passed together with currency.")
    if (request.duration == "repeating") != (request.duration_in_months is not None):
        raise errors.invalid_request(
            "You must pass duration_in_months if and only if duration is repeating."
        )
    limits = (request.duration_in_months, request.max_redemptions)
    if any(limit is not None and limit < 1 for limit in limits):
        raise errors.invalid_request("duration_in_months and max_redemptions must be at least 1.")


def ensure_promotion(work: UnitOfWork, promotion: SeedPromotion) -> None:
    """Create a seeded coupon and its promotion code unless they exist. Emits no event."""
    # A predictable id, so that a restart finds the coupon that it created before.
    coupon_id = promotion.code.lower()
    if work.is_taken(coupon_id):
        return
    coupon = NewCoupon(
        name=promotion.name,
        percent_off=promotion.percent_off,
        amount_off=promotion.amount_off,
        currency=promotion.currency,
        duration="repeating" if promotion.months else "once",
        duration_in_months=promotion.months,
    )
    work.add(shape.coupon(coupon, coupon_id=coupon_id, created=work.now_s))
    code = NewPromotionCode(coupon_id=coupon_id, active=promotion.active)
    code_id = work.ids.new("promo_1")
    promotion_code = promotion_code_shape.promotion_code(
        code, code_id=code_id, code=promotion.code, created=work.now_s
    )
    work.add(promotion_code)


def delete(work: UnitOfWork, coupon_id: str) -> None:
    """Delete a coupon; discounts that it was redeemed for stay."""
    coupon = work.get("coupon", coupon_id)
    work.clear_timers(coupon_id)
    # The event shows the whole coupon as invalid; only its id stays afterwards.
    work.change(coupon, None, valid=False)
    work.emit("coupon.deleted", coupon)
    for name in set(coupon) - {"id", "object"}:
        del coupon[name]
    coupon["deleted"] = True
    work.save(coupon)


def expire(work: UnitOfWork, coupon_id: str) -> None:
    work.change(work.get("coupon", coupon_id), "coupon.updated", valid=False)


# Redeeming


# On invoices
