"""The records `_accounts`: an account's parent, and what the operator allows it."""

from __future__ import annotations

import msgspec
import sqlalchemy as sa

from keystead_stub.store import rows
from keystead_stub.store.engine import Store
from keystead_stub.store.tables import account_records


class AccountRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A row of `_accounts`; an account without a row has no parent and is allowed nothing."""

    account_id: str
    parent_account_id: str | None = None
    gives_free_licenses: bool = False
    created_at: int


def find(connection: sa.Connection, account_id: str) -> AccountRecord | None:
    query = rows.select(account_records, AccountRecord)
    return rows.first(connection, query.where(_is(account_id)), AccountRecord)


def list_children(connection: sa.Connection, account_id: str) -> list[str]:
    """Ids of the account's sub-accounts."""
    table = account_records.c
    query = sa.select(table.account_id).where(table.parent_account_id == account_id)
    return list(connection.scalars(query.order_by(table.account_id)))


def save(store: Store, connection: sa.Connection, row: AccountRecord) -> None:
    if not rows.insert_new(store, connection, account_records, row):
        update = sa.update(account_records).where(_is(row.account_id))
        connection.execute(update.values(rows.values(row)))


def _is(account_id: str) -> sa.ColumnElement[bool]:
    return account_records.c.account_id == account_id
