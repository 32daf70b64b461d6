"""Switches of the operator, which last across restarts and hold for every process."""

from __future__ import annotations

import sqlalchemy as sa

from keystead_stub.store.engine import Store
from keystead_stub.store.tables import switches

#: Whether checkouts can be started. Switching it off is the first step of a rollback.
CHECKOUT = "checkout"


def is_on(connection: sa.Connection, name: str) -> bool:
    """Whether the switch is on, as it is by default."""
    query = sa.select(switches.c.is_on).where(switches.c.name == name)
    return connection.scalar(query) is not False


def set_on(store: Store, name: str, *, on: bool, now_ms: int) -> None:
    """Turn the switch; every process sees it in its next transaction.

    `changed_at` stays if the switch already has this position.
    """
    with store.write() as connection:
        connection.execute(
            store.insert_new(switches).values(name=name, is_on=on, changed_at=now_ms)
        )
        connection.execute(
            sa.update(switches)
            .where(switches.c.name == name, switches.c.is_on != on)
            .values(is_on=on, changed_at=now_ms)
        )
