"""Promotion codes as the rest of the stub reads them."""

from __future__ import annotations

from keystead_stub.stripe_sim.engine import records
from keystead_stub.stripe_sim.engine.snapshot import Snapshot
from keystead_stub.stripe_sim.resources.promotion_codes import views as promotion_code_views
from keystead_stub.stripe_sim.resources.promotion_codes.views import PromotionCode


def list_all(snapshot: Snapshot) -> tuple[PromotionCode, ...]:
    """Return the codes whose coupons were not deleted, the oldest first."""
    codes = [one for one, _ in records.objects(snapshot, "promotion_code")]
    coupons = {one["id"]: one for one, _ in records.objects(snapshot, "coupon")}
    found = ((one, coupons[one["promotion"]["coupon"]]) for one in codes)
    return tuple(
        promotion_code_views.promotion_code(code, coupon)
        for code, coupon in found
        # A deleted coupon has no terms left to show.
        if not coupon.get("deleted")
    )
