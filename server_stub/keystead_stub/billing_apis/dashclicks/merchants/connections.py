"""Connecting an account to its Stripe account, and finding the key of a connected one."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from keystead_stub.billing_apis.dashclicks.merchants import API
from keystead_stub.http.errors import ProblemError
from keystead_stub.ops.sealed_text import seal, unseal
from keystead_stub.services import Services
from keystead_stub.store import merchants
from keystead_stub.store.account_ids import Account
from keystead_stub.store.engine import Store
from keystead_stub.store.merchants import MerchantRow

#: Of the encryption of merchants' Stripe keys.
_PURPOSE = b"merchant keys"


class Merchant(msgspec.Struct, frozen=True, kw_only=True):
    """An account with its Stripe account, and the secret key that acts in it.

    The representation leaves the key out, so that no log shows it.
    """

    account: Account
    stripe_account_id: str
    key: str
    connected_at: int

    def __repr__(self) -> str:
        return f"Merchant(account={self.account!r}, stripe_account_id={self.stripe_account_id!r})"


def connect(
    store: Store,
    secrets: Sequence[str],
    account_id: str,
    *,
    stripe_account_id: str,
    key: str,
    now_ms: int,
) -> bool:
    """Connect the account to that Stripe account. Its `key` is stored sealed by the first secret.

    Returns False where another account has this Stripe account or the same id in another case, or
    a concurrent call came first.
    """
    with store.read() as connection:
        seen = merchants.find(connection, account_id)
    row = MerchantRow(
        account_id=account_id,
        stripe_account_id=stripe_account_id,
        sealed_key=seal(key, secrets, purpose=_PURPOSE),
        connected_at=now_ms,
        seller_id=account_id.lower(),
    )
    with store.write() as connection:
        # `seen` makes it a compare-and-swap: a concurrent call must not be overwritten.
        return merchants.save(store, connection, row, seen=seen)


def reseal(store: Store, secrets: Sequence[str]) -> None:
    """Seal merchants' keys by the first secret, so that the others can be given up."""
    with store.read() as connection:
        found = merchants.list_all(connection)
    for seen in found:
        if unseal(seen.sealed_key, secrets[:1], purpose=_PURPOSE) is not None:
            continue
        key = unseal(seen.sealed_key, secrets[1:], purpose=_PURPOSE)
        if key is not None:
            row = msgspec.structs.replace(seen, sealed_key=seal(key, secrets, purpose=_PURPOSE))
            with store.write() as connection:
                # Nothing to do where another process was first.
                merchants.save(store, connection, row, seen=seen)


def connect_simulated(services: Services, account_id: str) -> None:
    """Connect the account to a new simulated Stripe account, unless it is connected already."""
    if services.open_stripe_account is None or find_merchant(services, account_id) is not None:
        return
    opened = services.open_stripe_account(account_id)
    # Of two concurrent calls only one connects; either new account is as good as the other.
    connect(
        services.store,
        services.settings.signing_secrets,
        account_id,
        stripe_account_id=opened.id,
        key=opened.secret_key,
        now_ms=services.stripe_now_ms(),
    )


def find_merchant(services: Services, account_id: str) -> Merchant | None:
    """Return the merchant, if the account is connected and its key can still be unsealed."""
    with services.store.read() as connection:
        row = merchants.find(connection, account_id)
    key = (
        unseal(row.sealed_key, services.settings.signing_secrets, purpose=_PURPOSE) if row else None
    )
    if row is None or key is None:
        return None
    return Merchant(
        account=Account(API, account_id),
        stripe_account_id=row.stripe_account_id,
        key=key,
        connected_at=row.connected_at,
    )


def require_merchant(services: Services, account_id: str) -> Merchant:
    """Return the merchant. Raises ProblemError (``stripe_not_connected``)."""
    merchant = find_merchant(services, account_id)
    if merchant is None:
        raise ProblemError(
            "This account has no connected Stripe credentials. Connect it to Stripe first.",
            code="stripe_not_connected",
        )
    return merchant
