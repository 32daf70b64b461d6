"""Operations on promotion codes: https://docs.stripe.com/api/promotion_codes."""

from __future__ import annotations

from keystead_stub.stripe_sim.engine import errors
from keystead_stub.stripe_sim.engine.objects import Json
from keystead_stub.stripe_sim.engine.unit_of_work import UnitOfWork
from keystead_stub.stripe_sim.resources.promotion_codes import shape as promotion_code_shape
from keystead_stub.stripe_sim.resources.promotion_codes.requests import NewPromotionCode

UNKNOWN = "We do not know this code. Check how it is written."


def create(work: UnitOfWork, request: NewPromotionCode) -> Json:
    """Create a code for a coupon; raises StripeError if an active code is the same."""
    work.get("coupon", request.coupon_id)
    code = request.code or work.ids.text(8).upper()
    if not code.isascii() or not code.replace("-", "").isalnum():
        raise errors.invalid_request(
            "Invalid code: promotion codes may only contain letters, digits and dashes."
        )
    existing = find(work, code)
    # A code of an inactive promotion may be reused
    # (https://docs.stripe.com/billing/subscriptions/coupons).
    if existing is not None and existing["active"]:
        raise errors.invalid_request(
            "An active promotion code with this code already exists.", "resource_already_exists"
        )
    if request.customer_id is not None:
        work.get("customer", request.customer_id)
    promotion_code = promotion_code_shape.promotion_code(
        request, code_id=work.ids.new("promo_1"), code=code, created=work.now_s
    )
    work.add(promotion_code)
    work.emit("promotion_code.created", promotion_code)
    if promotion_code["expires_at"] is not None:
        work.set_timer(promotion_code["expires_at"], "code_over", promotion_code["id"])
    return promotion_code


def find(work: UnitOfWork, code: str) -> Json | None:
    """Return the promotion code with this text, an active one first."""
    # Customers type codes by hand; Stripe ignores the case of letters too.
    wanted = code.strip().casefold()
    found = [one for one in work.all("promotion_code") if one["code"].casefold() == wanted]
    # Several codes can be equal as long as one is active at most, so that one wins.
    return max(found, key=lambda one: (one["active"], one["created"]), default=None)


def resolve(
    work: UnitOfWork, coupon_id: str | None, code_id: str | None
) -> tuple[Json, Json | None] | None:
    """Return the coupon of this id, or a promotion code with its coupon; null for neither."""
    code = work.get("promotion_code", code_id) if code_id else None
    wanted = code["promotion"]["coupon"] if code else coupon_id
    return (work.get("coupon", wanted), code) if wanted else None


def expire(work: UnitOfWork, code_id: str) -> None:
    work.change(work.get("promotion_code", code_id), "promotion_code.updated", active=False)
