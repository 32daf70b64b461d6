"""Requests to bind a device by email, and the mail that was sent."""

from __future__ import annotations

import msgspec
import sqlalchemy as sa

from keystead_stub.store.tables import outbox, restore_requests


class RestoreRow(msgspec.Struct, frozen=True):
    """A row of `restore_requests`. `customer_id` is null where the address is nobody's.

    `offline_request` is the request of a device that is never online: who confirms it carries the
    license there.
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


class Mail(msgspec.Struct, frozen=True):
    """One mail of the outbox."""

    recipient: str
    subject: str
    body: str
    link: str | None
    created_at: int


_COLUMNS = [restore_requests.c[name] for name in RestoreRow.__struct_fields__]
_MAIL_COLUMNS = [outbox.c[name] for name in Mail.__struct_fields__]


def insert_request(connection: sa.Connection, row: RestoreRow) -> None:
    connection.execute(sa.insert(restore_requests).values(msgspec.structs.asdict(row)))


def find_by_activation(connection: sa.Connection, activation_id: str) -> RestoreRow | None:
    query = sa.select(*_COLUMNS).where(restore_requests.c.activation_id == activation_id)
    row = connection.execute(query).first()
    return RestoreRow(*row) if row is not None else None


def find_by_secret(connection: sa.Connection, secret_hash: str) -> RestoreRow | None:
    query = sa.select(*_COLUMNS).where(restore_requests.c.secret_hash == secret_hash)
    row = connection.execute(query).first()
    return RestoreRow(*row) if row is not None else None


def mark_confirmed(connection: sa.Connection, activation_id: str, now_ms: int) -> None:
    """Note the confirmation; the first one stands."""
    open_one = (restore_requests.c.activation_id == activation_id) & (
        restore_requests.c.confirmed_at.is_(None)
    )
    connection.execute(sa.update(restore_requests).where(open_one).values(confirmed_at=now_ms))


def insert_mail(connection: sa.Connection, mail: Mail) -> None:
    connection.execute(sa.insert(outbox).values(msgspec.structs.asdict(mail)))


def list_mails(connection: sa.Connection, limit: int = 100) -> list[Mail]:
    """The newest mails first."""
    query = sa.select(*_MAIL_COLUMNS).order_by(outbox.c.id.desc()).limit(limit)
    return [Mail(*row) for row in connection.execute(query)]
