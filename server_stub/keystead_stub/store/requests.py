"""Requests that are done once: the key that each came with, and its answer."""

from __future__ import annotations

import msgspec
import sqlalchemy as sa

from keystead_stub.store.engine import Store
from keystead_stub.store.tables import merchant_requests


class RequestRow(msgspec.Struct, frozen=True, kw_only=True):
    """A row of `merchant_requests`; `answer` is JSON, null while the request is being done."""

    account_id: str
    key: str
    fingerprint: str
    answer: str | None
    created_at: int


_table = merchant_requests.c


def claim(store: Store, connection: sa.Connection, row: RequestRow) -> RequestRow | None:
    """Take the account's key for this request; who has it, if somebody does."""
    values = msgspec.structs.asdict(row)
    if connection.execute(store.insert_new(merchant_requests).values(values)).rowcount == 1:
        return None
    query = sa.select(merchant_requests).where(*_of(row.account_id, row.key))
    return RequestRow(**connection.execute(query).mappings().one())


def save_answer(connection: sa.Connection, account_id: str, key: str, document: str) -> None:
    """Keep what was answered."""
    change = sa.update(merchant_requests).where(*_of(account_id, key))
    connection.execute(change.values(answer=document))


def delete(connection: sa.Connection, account_id: str, key: str) -> None:
    """Leave the key to who asks again."""
    connection.execute(sa.delete(merchant_requests).where(*_of(account_id, key)))


def delete_until(connection: sa.Connection, until_ms: int) -> None:
    """Forget all that are as old as that."""
    connection.execute(sa.delete(merchant_requests).where(_table.created_at <= until_ms))


def _of(account_id: str, key: str) -> tuple[sa.ColumnElement[bool], ...]:
    return (_table.account_id == account_id, _table.key == key)
