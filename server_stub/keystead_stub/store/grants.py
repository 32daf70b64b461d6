"""Authorization codes and refresh tokens, stored by the hash of each."""

from __future__ import annotations

from typing import Literal

import msgspec
import sqlalchemy as sa

from keystead_stub.store import rows
from keystead_stub.store.tables import sign_in_grants

Kind = Literal["code", "refresh"]


class Grant(msgspec.Struct, frozen=True, kw_only=True):
    """A row of `sign_in_grants`. All grants of one sign-in have one `family`; times in ms."""

    secret_hash: str
    kind: Kind
    api: str
    account_id: str
    subject: str
    redirect_uri: str | None
    challenge: str | None
    family: str
    expires_at: int
    used_at: int | None = None


def insert(connection: sa.Connection, grant: Grant) -> None:
    rows.insert(connection, sign_in_grants, grant)


def find(connection: sa.Connection, secret_hash: str, kind: Kind) -> Grant | None:
    query = rows.select(sign_in_grants, Grant).where(
        sign_in_grants.c.secret_hash == secret_hash, sign_in_grants.c.kind == kind
    )
    return rows.first(connection, query, Grant)


def mark_used(connection: sa.Connection, grant: Grant, now_ms: int) -> bool:
    """Mark the grant as used, and return whether this is the first use."""
    unused = (sign_in_grants.c.secret_hash == grant.secret_hash) & (
        sign_in_grants.c.used_at.is_(None)
    )
    # The condition is part of the update, so that of two concurrent uses only one is the first.
    done = connection.execute(sa.update(sign_in_grants).where(unused).values(used_at=now_ms))
    return done.rowcount == 1


def delete_family(connection: sa.Connection, family: str) -> None:
    """Revoke every grant of one sign-in."""
    connection.execute(sa.delete(sign_in_grants).where(sign_in_grants.c.family == family))
