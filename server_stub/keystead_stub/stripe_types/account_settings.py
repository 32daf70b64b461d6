"""The settings of a Stripe account, as far as a preflight reads them."""

from typing import Literal

import msgspec

Mode = Literal["simulated", "test", "live"]


class AccountPrice(msgspec.Struct, frozen=True, kw_only=True):
    """A price of the account; `interval` is null for a one-time price."""

    id: str
    active: bool
    currency: str
    interval: str | None
    interval_count: int


class AccountEndpoint(msgspec.Struct, frozen=True, kw_only=True):
    """A webhook endpoint; `api_version` is null where it uses the account's default version."""

    url: str
    enabled: bool
    events: tuple[str, ...]
    api_version: str | None


class AccountSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Settings of one account."""

    id: str
    mode: Mode
    charges_enabled: bool
    #: Those of the requested prices that exist.
    prices: tuple[AccountPrice, ...]
    endpoints: tuple[AccountEndpoint, ...]
    #: Features of the portal's default configuration; null if there is none.
    portal_features: tuple[str, ...] | None
