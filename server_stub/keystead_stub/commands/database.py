"""Opens the database for commands that run beside the stub that serves it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa

from keystead.errors import InvalidInput
from keystead_stub.store import migrations
from keystead_stub.store.engine import Store, open_store


@contextmanager
def opened(url: str) -> Iterator[Store]:
    """Open an up-to-date store for the block.

    Raises InvalidInput (``invalid_database``, ``newer_database``, ``outdated_database``).
    """
    try:
        store = open_store(url)
        try:
            _check_schema(store)
            yield store
        finally:
            store.close()
    except (sa.exc.SQLAlchemyError, ImportError, OSError):
        raise InvalidInput("The database could not be opened.", code="invalid_database") from None


def _check_schema(store: Store) -> None:
    # Only `serve` migrates, because it knows whether a backup was taken.
    with store.read() as connection:
        if not migrations.is_current(connection):
            raise InvalidInput(
                "The schema of this database is not up to date.",
                code="outdated_database",
                remedy="Start `keystead-stub serve` with this database once.",
            )
