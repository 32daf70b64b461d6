"""Parameters of promotion codes: https://docs.stripe.com/api/promotion_codes/create."""

from __future__ import annotations

import msgspec


class NewPromotionCode(msgspec.Struct, frozen=True, kw_only=True):
    """Parameters of a new code for a coupon; codes are case-insensitive.

    It can be limited to one customer, to first purchases, or to a minimum amount.
    """

    coupon_id: str
    code: str | None = None
    active: bool = True
    customer_id: str | None = None
    expires_at_ms: int | None = None
    max_redemptions: int | None = None
    first_time_transaction: bool = False
    minimum_amount: int | None = None
    minimum_amount_currency: str | None = None
    metadata: dict[str, str] = {}
    idempotency_key: str | None = None
