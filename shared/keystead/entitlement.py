"""Entitlement and offline grace, which several documents contain.

Separate from `keystead.documents`, so that code that only displays them loads no cryptography.
"""

from __future__ import annotations

from typing import Any

import msgspec

from keystead.encoding import Integer


class _Wire(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    pass


class Entitlement(_Wire, frozen=True, kw_only=True):
    """The plan that was paid for, with its features, seats and modules.

    ``current_period_end`` is in ms, None while a payment settles and for a one-time purchase.
    """

    key: str
    features: tuple[str, ...]
    seats: Integer
    modules: dict[str, Any]
    price_id: str | None
    current_period_end: Integer | None
    cancel_at_period_end: bool


class OfflineGrace(_Wire, frozen=True, kw_only=True):
    """How long a device may be used offline after the paid period.

    ``seconds`` is the length of that time and ``ends_at`` the boundary that it leads to (ms).
    """

    seconds: Integer
    ends_at: Integer
    ends_at_iso: str
