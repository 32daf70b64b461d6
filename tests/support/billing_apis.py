"""The billing APIs with sign-in, and what an account buys at each."""

from __future__ import annotations

from typing import Any

import msgspec

from keystead.capabilities import CAPABILITIES_BY_API


class Api(msgspec.Struct, frozen=True, kw_only=True):
    """What differs between billing APIs for a purchase."""

    name: str
    wish: dict[str, Any]
    entitlement: str
    seats: int


_BUYS: dict[str, dict[str, Any]] = {
    "crow": {
        "wish": {"plan": "enterprise", "modules": ("web", "cctv")},
        "entitlement": "enterprise",
        "seats": 1,
    },
    "mission-control": {
        "wish": {"plan": "archon", "seats": 4},
        "entitlement": "team",
        "seats": 4,
    },
    "stripe-integration": {
        "wish": {"plan": "team", "seats": 3, "billing_period": "yearly"},
        "entitlement": "team",
        "seats": 3,
    },
    "dashclicks": {
        "wish": {"plan": "pro", "seats": 2, "billing_period": "yearly"},
        "entitlement": "pro",
        "seats": 2,
    },
}

#: The billing APIs with sign-in. A new one is not tested before this table says what is bought
#: there.
SIGNED_IN = tuple(
    Api(name=name, **_BUYS[name]) for name, able in CAPABILITIES_BY_API.items() if able.sign_in
)
