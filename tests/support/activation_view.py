"""Activation views as the daemon sends them, for tests of the client."""

from __future__ import annotations

from typing import Any

import msgspec

from keystead.activation import State
from keystead.entitlement import Entitlement
from keystead.instants import DAY_MS
from keystead.local_api import ActivationView

NOW_MS = 1_795_000_000_000
PERIOD_END_MS = NOW_MS + 20 * DAY_MS
BOUNDARY_MS = PERIOD_END_MS + 3 * DAY_MS

ENTITLEMENT = Entitlement(
    key="pro",
    features=("export", "sync"),
    seats=1,
    modules={},
    price_id="price_pro_monthly",
    current_period_end=PERIOD_END_MS,
    cancel_at_period_end=False,
)

ACTIVE = ActivationView(
    product="nyra",
    state=State.ACTIVE,
    usable=True,
    until=BOUNDARY_MS,
    reason="active",
    device_id="D" * 43,
    entitlement=ENTITLEMENT,
    current_period_end=PERIOD_END_MS,
    grace_ends_at=BOUNDARY_MS,
    last_refresh_at=NOW_MS - 60_000,
    next_refresh_at=NOW_MS + 21_600_000,
    hints=(),
    now=NOW_MS,
)


def make_view(**changes: Any) -> ActivationView:
    """An active view; ``changes`` replace its fields."""
    return msgspec.structs.replace(ACTIVE, **changes)
