"""Whether a coupon can be redeemed. Pure.

https://docs.stripe.com/billing/subscriptions/coupons; instants in seconds.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Document = Mapping[str, Any]


def is_valid(coupon: Document, now_s: int) -> bool:
    """Whether a coupon can still be redeemed."""
    return has_redemptions_left(coupon, coupon["redeem_by"], now_s)


def has_redemptions_left(document: Document, until_s: int | None, now_s: int) -> bool:
    limit = document["max_redemptions"]
    # The end is exclusive: at `redeem_by` the coupon has expired.
    in_time = until_s is None or now_s < until_s
    return in_time and (limit is None or document["times_redeemed"] < limit)
