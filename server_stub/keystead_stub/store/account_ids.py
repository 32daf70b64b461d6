"""The identity of an account of a billing API. Pure."""

from __future__ import annotations

from typing import Any, TypeGuard

import msgspec

_MAX_LENGTH = 200


class Account(msgspec.Struct, frozen=True):
    """An organisation, tenant or account of a billing API."""

    api: str
    account_id: str


def is_name(value: Any) -> TypeGuard[str]:
    """Whether the value can name an account, or a person who acts for it: one printable line."""
    return isinstance(value, str) and 0 < len(value) <= _MAX_LENGTH and value.isprintable()


def own_shop(account: Account) -> Account:
    """The account as a buyer at its own Stripe account, apart from what the platform sells it."""
    return Account(f"{account.api}-own", account.account_id)
