"""Accounts' balances: entries that are added and never change."""

from __future__ import annotations

import msgspec
import sqlalchemy as sa

from keystead_stub.store import locks
from keystead_stub.store.engine import Store
from keystead_stub.store.paging import list_newest
from keystead_stub.store.tables import balance_entries


class EntryRow(msgspec.Struct, frozen=True, kw_only=True):
    """A row of `balance_entries`; `amount` is signed, `event_id` what made it, and just it."""

    id: str
    account_id: str
    kind: str
    amount: int
    currency: str
    source: str
    event_id: str
    created_at: int


_table = balance_entries.c
_COLUMNS = [_table[name] for name in EntryRow.__struct_fields__]
_SUM = sa.func.coalesce(sa.func.sum(_table.amount), 0)


def lock(connection: sa.Connection, account_id: str) -> None:
    """Be the only one who moves this account's balance."""
    locks.take(connection, f"balance:{account_id}")


def insert(store: Store, connection: sa.Connection, row: EntryRow) -> bool:
    """Whether the entry is new: what one event has made it does not make again."""
    values = msgspec.structs.asdict(row)
    return bool(connection.execute(store.insert_new(balance_entries).values(values)).rowcount == 1)


def sum_by_source(connection: sa.Connection, account_id: str, kind: str, source: str) -> int:
    """What entries of that kind and source have moved so far."""
    query = sa.select(_SUM).where(
        _table.account_id == account_id, _table.kind == kind, _table.source == source
    )
    return int(connection.scalar(query) or 0)


def get_balance(connection: sa.Connection, account_id: str, currency: str) -> int:
    """What the account has left of one currency."""
    query = sa.select(_SUM).where(_table.account_id == account_id, _table.currency == currency)
    return int(connection.scalar(query) or 0)


def list_balances(connection: sa.Connection, account_id: str) -> list[tuple[str, int]]:
    """What the account has left of each currency that ever moved."""
    query = sa.select(_table.currency, _SUM).where(_table.account_id == account_id)
    rows = connection.execute(query.group_by(_table.currency).order_by(_table.currency))
    return [(currency, int(amount)) for currency, amount in rows]


def list_entries(
    connection: sa.Connection, account_id: str, *, limit: int, after: str | None
) -> list[EntryRow] | None:
    """The account's entries, the newest first; those after one's id, null where it has no such."""
    mine = _table.account_id == account_id
    rows = list_newest(connection, _COLUMNS, mine, limit=limit, after=after)
    return None if rows is None else [EntryRow(**row) for row in rows]
