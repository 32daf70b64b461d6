"""The database of a stub, opened by a command beside whatever serves it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa

from keystead.errors import InvalidInput
from keystead_stub.store.engine import Store, open_store


@contextmanager
def opened(url: str) -> Iterator[Store]:
    """The store, as long as the block lasts. Raises InvalidInput (``invalid_database``)."""
    try:
        store = open_store(url)
        try:
            yield store
        finally:
            store.close()
    except (sa.exc.SQLAlchemyError, ImportError):
        raise InvalidInput(
            "The database could not be opened, or is not a stub's of this version.",
            code="invalid_database",
        ) from None
