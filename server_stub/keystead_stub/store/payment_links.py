"""Payment links of merchants: the invoice behind each, and its short code."""

from __future__ import annotations

import msgspec
import sqlalchemy as sa

from keystead_stub.store.paging import list_newest
from keystead_stub.store.tables import payment_links


class LinkRow(msgspec.Struct, frozen=True, kw_only=True):
    """A row of `payment_links`; `expires_at` and `voided_at` in ms."""

    id: str
    account_id: str
    invoice_id: str
    customer_id: str
    code: str
    url: str
    created_at: int
    expires_at: int
    voided_at: int | None = None


_table = payment_links.c
_COLUMNS = [_table[name] for name in LinkRow.__struct_fields__]


def insert(connection: sa.Connection, row: LinkRow) -> None:
    connection.execute(sa.insert(payment_links).values(msgspec.structs.asdict(row)))


def find(connection: sa.Connection, link_id: str) -> LinkRow | None:
    return _first(connection, _table.id == link_id)


def find_by_invoice(connection: sa.Connection, invoice_id: str) -> LinkRow | None:
    return _first(connection, _table.invoice_id == invoice_id)


def find_by_code(connection: sa.Connection, code: str) -> LinkRow | None:
    return _first(connection, _table.code == code)


def list_by_account(
    connection: sa.Connection, account_id: str, *, limit: int, after: str | None
) -> list[LinkRow] | None:
    """The account's links, the newest first; those after one's id, null where it has no such."""
    mine = _table.account_id == account_id
    rows = list_newest(connection, _COLUMNS, mine, limit=limit, after=after)
    return None if rows is None else [LinkRow(**row) for row in rows]


def mark_void(connection: sa.Connection, link_id: str, now_ms: int) -> None:
    """From now on the short link leads nowhere; the first word stands."""
    still = (_table.id == link_id) & _table.voided_at.is_(None)
    connection.execute(sa.update(payment_links).where(still).values(voided_at=now_ms))


def _first(connection: sa.Connection, condition: sa.ColumnElement[bool]) -> LinkRow | None:
    row = connection.execute(sa.select(*_COLUMNS).where(condition)).mappings().first()
    return LinkRow(**row) if row is not None else None
