"""Switches that hold across restarts, and for every process over the database."""

from __future__ import annotations

import sqlalchemy as sa

from keystead_stub.store.engine import Store
from keystead_stub.store.tables import switches

#: Whether anything can be bought. Switching it off is the first step of a rollback.
CHECKOUT = "checkout"


def is_on(connection: sa.Connection, name: str) -> bool:
    """How the switch stands; one that nobody has touched is on."""
    query = sa.select(switches.c.is_on).where(switches.c.name == name)
    return connection.scalar(query) != 0


def set_on(store: Store, name: str, *, on: bool, now_ms: int) -> None:
    """Let it stand so from the next transaction on, whichever process asks."""
    with store.write() as connection:
        connection.execute(
            store.insert_new(switches).values(name=name, is_on=int(on), changed_at=now_ms)
        )
        connection.execute(
            sa.update(switches)
            .where(switches.c.name == name, switches.c.is_on != int(on))
            .values(is_on=int(on), changed_at=now_ms)
        )
