"""Promotion codes as pages and controls show them."""

from __future__ import annotations

import msgspec

from keystead.instants import to_ms
from keystead_stub.stripe_sim.resources.discounts import views as discount_views
from keystead_stub.stripe_sim.resources.discounts.views import Reduction
from keystead_stub.stripe_types.api import Document


class PromotionCode(msgspec.Struct, frozen=True, kw_only=True):
    """A promotion code with its coupon's reduction."""

    id: str
    code: str
    active: bool
    times_redeemed: int
    max_redemptions: int | None
    expires_at_ms: int | None
    reduction: Reduction
    document: Document


def promotion_code(code: Document, coupon_document: Document) -> PromotionCode:
    """Return a promotion code with its coupon's reduction."""
    expires_at = code["expires_at"]
    return PromotionCode(
        id=code["id"],
        code=code["code"],
        active=code["active"],
        times_redeemed=code["times_redeemed"],
        max_redemptions=code["max_redemptions"],
        expires_at_ms=None if expires_at is None else to_ms(expires_at),
        reduction=discount_views.reduction(coupon_document),
        document=code,
    )
