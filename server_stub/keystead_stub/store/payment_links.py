"""Payment links of merchants: the invoice behind each, and its short code."""

from __future__ import annotations

import msgspec
import sqlalchemy as sa

from keystead_stub.store import rows
from keystead_stub.store.tables import payment_links


class LinkRow(msgspec.Struct, frozen=True, kw_only=True):
    """A row of `payment_links`; times in ms."""

    id: str
    account_id: str
    invoice_id: str
    customer_id: str
    code: str
    url: str
    created_at: int
    expires_at: int
    voided_at: int | None = None


_links = payment_links.c


def insert(connection: sa.Connection, row: LinkRow) -> None:
    rows.insert(connection, payment_links, row)


def find(connection: sa.Connection, link_id: str) -> LinkRow | None:
    return _first(connection, _links.id == link_id)


def find_by_invoice(connection: sa.Connection, invoice_id: str) -> LinkRow | None:
    return _first(connection, _links.invoice_id == invoice_id)


def find_by_code(connection: sa.Connection, code: str) -> LinkRow | None:
    return _first(connection, _links.code == code)


def list_by_account(
    connection: sa.Connection, account_id: str, *, limit: int, after: str | None
) -> list[LinkRow] | None:
    """A page of the account's links, the newest first; null if `after` is not one of them."""
    own = _links.account_id == account_id
    return rows.newest(connection, payment_links, LinkRow, own, limit=limit, after=after)


def mark_void(connection: sa.Connection, link_id: str, now_ms: int) -> None:
    """Void the link; the time of the first call stays."""
    valid = (_links.id == link_id) & _links.voided_at.is_(None)
    connection.execute(sa.update(payment_links).where(valid).values(voided_at=now_ms))


def _first(connection: sa.Connection, condition: sa.ColumnElement[bool]) -> LinkRow | None:
    return rows.first(connection, rows.select(payment_links, LinkRow).where(condition), LinkRow)
