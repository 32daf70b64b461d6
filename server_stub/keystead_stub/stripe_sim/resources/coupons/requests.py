"""Parameters of coupons: https://docs.stripe.com/api/coupons/create.

Instants are epoch milliseconds, amounts integers in the currency's smallest unit.
"""

from __future__ import annotations

from typing import Literal

import msgspec

Duration = Literal["once", "repeating", "forever"]


class NewCoupon(msgspec.Struct, frozen=True, kw_only=True):
    """Parameters of a new coupon: `percent_off` (above 0, to 100) or `amount_off` and `currency`.

    `repeating` goes with `duration_in_months`. Without an `id` one is generated.
    """

    id: str | None = None
    name: str | None = None
    percent_off: float | None = None
    amount_off: int | None = None
    currency: str | None = None
    duration: Duration = "once"
    duration_in_months: int | None = None
    max_redemptions: int | None = None
    redeem_by_ms: int | None = None
    metadata: dict[str, str] = {}
    idempotency_key: str | None = None
