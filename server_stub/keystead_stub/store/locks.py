"""One at a time: what several processes over one database must not do at once."""

from __future__ import annotations

import sqlalchemy as sa

_TAKE = sa.text("SELECT pg_advisory_xact_lock(hashtextextended(:name, 0))")


def take(connection: sa.Connection, name: str) -> None:
    """Wait for the lock of that name, and hold it until the transaction ends.

    SQLite has one writer at a time anyway.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(_TAKE, {"name": name})


def take_customer(connection: sa.Connection, customer_id: str) -> None:
    """Be the only one who changes what is known of this customer.

    What is decided from several rows (a fold over events, a count of devices) would otherwise be
    decided twice from half of them.
    """
    take(connection, f"customer:{customer_id}")
