"""Whether a promotion code can be redeemed. Pure; instants in seconds."""

from __future__ import annotations

from keystead_stub.stripe_sim.resources.coupons import rules as coupon_rules
from keystead_stub.stripe_sim.resources.coupons.rules import Document


def is_active(code: Document, now_s: int) -> bool:
    """Whether a promotion code that was not switched off can still be redeemed."""
    return coupon_rules.has_redemptions_left(code, code["expires_at"], now_s)
