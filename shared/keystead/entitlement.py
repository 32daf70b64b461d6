"""Entitlement and offline grace, which are members of several documents.

Separate from `keystead.documents`, so that code that only shows them imports no cryptography.
"""

from __future__ import annotations

from typing import Any

import msgspec


class _Wire(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    pass


class Entitlement(_Wire, frozen=True, kw_only=True):
    """What was paid for.

    ``current_period_end`` is in ms, None while settling and for a one-time purchase.
    """

    key: str
    features: tuple[str, ...]
    seats: int
    modules: dict[str, Any]
    price_id: str | None
    current_period_end: int | None
    cancel_at_period_end: bool


class OfflineGrace(_Wire, frozen=True, kw_only=True):
    """How long a device may run after the paid period; ``ends_at`` is the grace boundary (ms)."""

    seconds: int
    ends_at: int
    ends_at_iso: str
