"""Idempotency keys of merchants' requests, and the response to each."""

from __future__ import annotations

import msgspec
import sqlalchemy as sa

from keystead_stub.store import rows
from keystead_stub.store.engine import Store
from keystead_stub.store.tables import merchant_requests


class RequestRow(msgspec.Struct, frozen=True, kw_only=True):
    """A row of `merchant_requests`; `answer` is JSON, null while the request is running."""

    account_id: str
    key: str
    fingerprint: str
    answer: str | None
    created_at: int


_requests = merchant_requests.c


def claim(store: Store, connection: sa.Connection, row: RequestRow) -> RequestRow | None:
    """Reserve the key for this request; if it is taken, the row that has it."""
    if rows.insert_new(store, connection, merchant_requests, row):
        return None
    query = rows.select(merchant_requests, RequestRow).where(*_has(row.account_id, row.key))
    return rows.first(connection, query, RequestRow)


def save_answer(connection: sa.Connection, account_id: str, key: str, document: str) -> None:
    change = sa.update(merchant_requests).where(*_has(account_id, key))
    connection.execute(change.values(answer=document))


def delete(connection: sa.Connection, account_id: str, key: str) -> None:
    """Release the key, so that the request can be repeated."""
    connection.execute(sa.delete(merchant_requests).where(*_has(account_id, key)))


def delete_until(connection: sa.Connection, until_ms: int) -> None:
    """Delete the keys of this age and older."""
    connection.execute(sa.delete(merchant_requests).where(_requests.created_at <= until_ms))


def _has(account_id: str, key: str) -> tuple[sa.ColumnElement[bool], ...]:
    return (_requests.account_id == account_id, _requests.key == key)
