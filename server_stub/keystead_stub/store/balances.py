"""Balances of accounts: entries are added and never change."""

from __future__ import annotations

import msgspec
import sqlalchemy as sa

from keystead_stub.store import locks, rows
from keystead_stub.store.engine import Store
from keystead_stub.store.tables import balance_entries


class EntryRow(msgspec.Struct, frozen=True, kw_only=True):
    """A row of `balance_entries`; `amount` is signed. An event makes at most one entry."""

    id: str
    account_id: str
    kind: str
    amount: int
    currency: str
    source: str
    event_id: str
    created_at: int
    #: What was paid or used, before it was converted to the ledger's currency at `rate`.
    original_amount: int
    original_currency: str
    rate: str


_entries = balance_entries.c
_SUM = sa.func.coalesce(sa.func.sum(_entries.amount), 0)
_ORIGINAL_SUM = sa.func.coalesce(sa.func.sum(_entries.original_amount), 0)


def lock(connection: sa.Connection, account_id: str) -> None:
    """Lock the account's balance until the transaction ends."""
    locks.take(connection, f"balance:{account_id}")


def insert(store: Store, connection: sa.Connection, row: EntryRow) -> bool:
    """Insert an entry, and return whether it is the first of its event."""
    return rows.insert_new(store, connection, balance_entries, row)


def sum_by_source(connection: sa.Connection, account_id: str, kind: str, source: str) -> int:
    """The sum of the account's entries of this kind and source, before conversion."""
    query = sa.select(_ORIGINAL_SUM).where(
        _entries.account_id == account_id, _entries.kind == kind, _entries.source == source
    )
    return int(connection.scalar(query) or 0)


def get_balance(connection: sa.Connection, account_id: str, currency: str) -> int:
    query = sa.select(_SUM).where(_entries.account_id == account_id, _entries.currency == currency)
    return int(connection.scalar(query) or 0)


def list_balances(connection: sa.Connection, account_id: str) -> list[tuple[str, int]]:
    """The balance in each currency that has an entry, by currency."""
    query = sa.select(_entries.currency, _SUM).where(_entries.account_id == account_id)
    found = connection.execute(query.group_by(_entries.currency).order_by(_entries.currency))
    return [(currency, int(amount)) for currency, amount in found]


def list_entries(
    connection: sa.Connection, account_id: str, *, limit: int, after: str | None
) -> list[EntryRow] | None:
    """A page of the account's entries, the newest first; null if `after` is not one of them."""
    own = _entries.account_id == account_id
    return rows.newest(connection, balance_entries, EntryRow, own, limit=limit, after=after)
