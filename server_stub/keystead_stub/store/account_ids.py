"""The identity of an account of a billing API. Pure."""

from __future__ import annotations

import msgspec


class Account(msgspec.Struct, frozen=True):
    """An organisation, tenant or account of a billing API."""

    api: str
    account_id: str
