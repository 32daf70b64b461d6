"""Parameters of meters and meter events: https://docs.stripe.com/api/billing/meter."""

from __future__ import annotations

from typing import Literal

import msgspec

#: How a meter aggregates the values of its events.
Formula = Literal["count", "last", "sum"]


class NewMeter(msgspec.Struct, frozen=True, kw_only=True):
    """Parameters of a new meter, which counts events whose payload has a customer and a value."""

    display_name: str
    event_name: str
    formula: Formula
    customer_key: str = "stripe_customer_id"
    value_key: str = "value"
    idempotency_key: str | None = None


class NewMeterEvent(msgspec.Struct, frozen=True, kw_only=True):
    """Usage to record; the instant in seconds, null is now.

    An `identifier` is recorded once; without one it is generated.
    """

    event_name: str
    payload: dict[str, str]
    identifier: str | None = None
    timestamp: int | None = None
