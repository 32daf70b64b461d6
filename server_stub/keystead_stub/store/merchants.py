"""Accounts of `dashclicks` that are connected to a Stripe account of their own."""

from __future__ import annotations

import msgspec
import sqlalchemy as sa

from keystead_stub.store import locks, rows
from keystead_stub.store.engine import Store
from keystead_stub.store.tables import merchant_settings, merchants


class MerchantRow(msgspec.Struct, frozen=True):
    """A row of `merchants`; `sealed_key` is the encrypted secret key of the Stripe account."""

    account_id: str
    stripe_account_id: str
    sealed_key: str
    connected_at: int
    seller_id: str


def find(connection: sa.Connection, account_id: str) -> MerchantRow | None:
    return _first(connection, merchants.c.account_id == account_id)


def find_by_stripe_account(connection: sa.Connection, stripe_account_id: str) -> MerchantRow | None:
    return _first(connection, merchants.c.stripe_account_id == stripe_account_id)


def find_by_seller(connection: sa.Connection, seller_id: str) -> MerchantRow | None:
    return _first(connection, merchants.c.seller_id == seller_id)


def list_all(connection: sa.Connection) -> list[MerchantRow]:
    return rows.all_of(connection, rows.select(merchants, MerchantRow), MerchantRow)


def list_latest(connection: sa.Connection, *, limit: int) -> list[str]:
    """Ids of the accounts that were connected last."""
    query = sa.select(merchants.c.account_id).order_by(merchants.c.connected_at.desc())
    return list(connection.scalars(query.limit(limit)))


def save(
    store: Store, connection: sa.Connection, row: MerchantRow, *, seen: MerchantRow | None
) -> bool:
    """Connect the account if its row is still what the caller has `seen`.

    False if the row has changed since, or if another account has this Stripe account or the same
    id in another case.
    """
    # Two accounts must not both find that the Stripe account is free.
    locks.take(connection, f"stripe account:{row.stripe_account_id}")
    locks.take(connection, f"seller:{row.seller_id}")
    for holder in (
        find_by_stripe_account(connection, row.stripe_account_id),
        find_by_seller(connection, row.seller_id),
    ):
        if holder is not None and holder.account_id != row.account_id:
            return False
    if seen is None:
        return rows.insert_new(store, connection, merchants, row)
    same = (merchants.c.account_id == seen.account_id) & (merchants.c.sealed_key == seen.sealed_key)
    change = sa.update(merchants).where(same).values(rows.values(row))
    return connection.execute(change).rowcount == 1


def find_time_zone(connection: sa.Connection, account_id: str) -> str | None:
    """The IANA name of the account's time zone, if it has chosen one."""
    table = merchant_settings.c
    query = sa.select(table.time_zone).where(table.account_id == account_id)
    found: str | None = connection.scalar(query)
    return found


def save_time_zone(store: Store, connection: sa.Connection, account_id: str, name: str) -> None:
    values = {"account_id": account_id, "time_zone": name}
    if connection.execute(store.insert_new(merchant_settings).values(values)).rowcount == 0:
        own = merchant_settings.c.account_id == account_id
        connection.execute(sa.update(merchant_settings).where(own).values(values))


def _first(connection: sa.Connection, condition: sa.ColumnElement[bool]) -> MerchantRow | None:
    return rows.first(connection, rows.select(merchants, MerchantRow).where(condition), MerchantRow)
