"""Parameters of prices: https://docs.stripe.com/api/prices/create."""

from __future__ import annotations

import msgspec

from keystead_stub.stripe_types.values import Interval


class NewPrice(msgspec.Struct, frozen=True, kw_only=True):
    """Parameters of a new price: recurring with an `interval`, otherwise one-time."""

    product_id: str
    currency: str
    unit_amount: int
    interval: Interval | None = None
    #: The meter of a metered price.
    meter_id: str | None = None
    nickname: str | None = None
    lookup_key: str | None = None
    active: bool = True
    metadata: dict[str, str] = {}
    idempotency_key: str | None = None
