"""The usage log of accounts' balances: what was used, in its currency and in the ledger's."""

from __future__ import annotations

import msgspec
import sqlalchemy as sa

from keystead_stub.store import rows
from keystead_stub.store.engine import Store
from keystead_stub.store.tables import usage_logs


class UsageRow(msgspec.Struct, frozen=True, kw_only=True):
    """A row of `onebalance-usage_logs`. `base_amount` = `amount` × `rate`, in `base_currency`."""

    id: str
    account_id: str
    description: str
    amount: int
    currency: str
    base_amount: int
    base_currency: str
    rate: str
    created_at: int


def insert(store: Store, connection: sa.Connection, row: UsageRow) -> None:
    rows.insert_new(store, connection, usage_logs, row)


def list_by_account(
    connection: sa.Connection, account_id: str, *, limit: int, after: str | None
) -> list[UsageRow] | None:
    """A page of the account's log, the newest first; null if `after` is not one of its rows."""
    own = usage_logs.c.account_id == account_id
    return rows.newest(connection, usage_logs, UsageRow, own, limit=limit, after=after)
