"""Opens the database for commands that run beside the stub that serves it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa

from keystead.errors import InvalidInput
from keystead_stub.store.engine import Store, open_store


@contextmanager
def opened(url: str) -> Iterator[Store]:
    """Open the store for the block. Raises InvalidInput (``invalid_database``)."""
    try:
        store = open_store(url)
        try:
            yield store
        finally:
            store.close()
    except (sa.exc.SQLAlchemyError, ImportError):
        raise InvalidInput(
            "The database could not be opened, or its schema is not up to date.",
            code="invalid_database",
        ) from None
