"""Locks among the processes that share one PostgreSQL database."""

from __future__ import annotations

import sqlalchemy as sa

# An advisory lock has a 64-bit number. Where two names share one, they only wait for each other.
_TAKE = sa.text("SELECT pg_advisory_xact_lock(hashtextextended(:name, 0))")


def take(connection: sa.Connection, name: str) -> None:
    """Wait for the lock of this name, and hold it until the transaction ends.

    SQLite needs no lock, because it has one writing transaction at a time.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(_TAKE, {"name": name})


def take_customer(connection: sa.Connection, customer_id: str) -> None:
    """Lock everything that is stored of a customer.

    A decision that reads several rows (the fold over events, the count of devices) would otherwise
    be made twice at the same time, each time without the other's rows.
    """
    take(connection, f"customer:{customer_id}")
