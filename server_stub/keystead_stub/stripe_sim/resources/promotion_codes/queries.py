"""Promotion codes as the rest of the stub reads them."""

from __future__ import annotations

from keystead_stub.stripe_sim.engine import records
from keystead_stub.stripe_sim.engine.snapshot import Snapshot
from keystead_stub.stripe_sim.resources.coupons import shape
from keystead_stub.stripe_sim.resources.coupons.requests import PromotionCode


def list_all(snapshot: Snapshot) -> tuple[PromotionCode, ...]:
    """Return the codes whose coupons were not deleted, the oldest first."""
    codes = [one for one, _ in records.objects(snapshot, "promotion_code")]
    coupons = {one["id"]: one for one, _ in records.objects(snapshot, "coupon")}
    found = ((one, coupons[one["promotion"]["coupon"]]) for one in codes)
    return tuple(
        shape.promotion(code, coupon) for code, coupon in found if not coupon.get("deleted")
    )
