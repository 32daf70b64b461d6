"""Requests to activate a device by email, and the mails that were sent."""

from __future__ import annotations

import msgspec
import sqlalchemy as sa

from keystead_stub.store import rows
from keystead_stub.store.tables import outbox, restore_requests


class RestoreRow(msgspec.Struct, frozen=True):
    """A row of `restore_requests`. `customer_id` is null if no customer has the address.

    `offline_request` is the signed request of a device without a network; the person who confirms
    it carries the license to the device.
    """

    activation_id: str
    secret_hash: str
    customer_id: str | None
    device_id: str
    device_public_key: str
    name: str | None
    created_at: int
    expires_at: int
    confirmed_at: int | None
    offline_request: str | None = None


class MailRow(msgspec.Struct, frozen=True, kw_only=True):
    """A row of `outbox`; `body` and `link` are sealed.

    `mailbox` is the same for all spellings of the recipient's address.
    """

    recipient: str
    subject: str
    body: str
    link: str | None
    created_at: int
    mailbox: str | None


def insert_request(connection: sa.Connection, row: RestoreRow) -> None:
    rows.insert(connection, restore_requests, row)


def find_by_activation(connection: sa.Connection, activation_id: str) -> RestoreRow | None:
    return _first(connection, restore_requests.c.activation_id == activation_id)


def find_by_secret(connection: sa.Connection, secret_hash: str) -> RestoreRow | None:
    return _first(connection, restore_requests.c.secret_hash == secret_hash)


def mark_confirmed(connection: sa.Connection, activation_id: str, now_ms: int) -> None:
    """Confirm the request; the time of the first call stays."""
    unconfirmed = (restore_requests.c.activation_id == activation_id) & (
        restore_requests.c.confirmed_at.is_(None)
    )
    connection.execute(sa.update(restore_requests).where(unconfirmed).values(confirmed_at=now_ms))


def insert_mail(connection: sa.Connection, row: MailRow) -> None:
    rows.insert(connection, outbox, row)


def list_mails(connection: sa.Connection, limit: int) -> list[MailRow]:
    """The newest mails first."""
    query = rows.select(outbox, MailRow).order_by(outbox.c.id.desc()).limit(limit)
    return rows.all_of(connection, query, MailRow)


def list_mail_times(connection: sa.Connection, mailbox: str, *, since_ms: int) -> list[int]:
    """When mails were sent to this mailbox after that time, in ms."""
    query = sa.select(outbox.c.created_at).where(
        outbox.c.mailbox == mailbox, outbox.c.created_at > since_ms
    )
    return list(connection.scalars(query))


def _first(connection: sa.Connection, condition: sa.ColumnElement[bool]) -> RestoreRow | None:
    query = rows.select(restore_requests, RestoreRow).where(condition)
    return rows.first(connection, query, RestoreRow)
