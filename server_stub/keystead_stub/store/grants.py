"""What the authorization server handed out: codes and refresh tokens, by the hash of each."""

from __future__ import annotations

from typing import Literal

import msgspec
import sqlalchemy as sa

from keystead_stub.store.tables import sign_in_grants

Kind = Literal["code", "refresh"]


class Grant(msgspec.Struct, frozen=True, kw_only=True):
    """A row of `sign_in_grants`. A `family` is what came of one sign-in; instants in ms."""

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


_COLUMNS = [sign_in_grants.c[name] for name in Grant.__struct_fields__]


def insert(connection: sa.Connection, grant: Grant) -> None:
    connection.execute(sa.insert(sign_in_grants).values(msgspec.structs.asdict(grant)))


def find(connection: sa.Connection, secret_hash: str, kind: Kind) -> Grant | None:
    query = sa.select(*_COLUMNS).where(
        sign_in_grants.c.secret_hash == secret_hash, sign_in_grants.c.kind == kind
    )
    row = connection.execute(query).mappings().first()
    return Grant(**row) if row is not None else None


def mark_used(connection: sa.Connection, grant: Grant, now_ms: int) -> bool:
    """Use the grant up; whether this was the first time."""
    unused = (sign_in_grants.c.secret_hash == grant.secret_hash) & (
        sign_in_grants.c.used_at.is_(None)
    )
    done = connection.execute(sa.update(sign_in_grants).where(unused).values(used_at=now_ms))
    return done.rowcount == 1


def delete_family(connection: sa.Connection, family: str) -> None:
    """End everything that came of one sign-in."""
    connection.execute(sa.delete(sign_in_grants).where(sign_in_grants.c.family == family))
