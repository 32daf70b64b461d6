"""What was paid for, and how long it holds without a network: members of several documents.

Apart from `keystead.documents`, so that who only shows them loads nothing that verifies.
"""

from __future__ import annotations

from typing import Any

import msgspec


class _Wire(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    pass


class Entitlement(_Wire, frozen=True, kw_only=True):
    """What was paid for.

    ``current_period_end`` is in ms, null while settling and of what was bought once.
    """

    key: str
    features: tuple[str, ...]
    seats: int
    modules: dict[str, Any]
    price_id: str | None
    current_period_end: int | None
    cancel_at_period_end: bool


class OfflineGrace(_Wire, frozen=True, kw_only=True):
    """How long after the paid period a device may go on; ``ends_at`` is the grace boundary, ms."""

    seconds: int
    ends_at: int
    ends_at_iso: str
