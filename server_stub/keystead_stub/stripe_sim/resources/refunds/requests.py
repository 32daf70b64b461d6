"""Parameters of refunds: https://docs.stripe.com/api/refunds/create."""

from __future__ import annotations

from typing import Literal

import msgspec


class NewRefund(msgspec.Struct, frozen=True, kw_only=True):
    """A refund of a charge, or of a payment intent's charge: a part, or all that is left."""

    charge_id: str | None = None
    payment_intent_id: str | None = None
    amount: int | None = None
    reason: Literal["duplicate", "fraudulent", "requested_by_customer"] | None = None
    metadata: dict[str, str] = {}
    idempotency_key: str | None = None
