"""The seed of generated secrets that several processes over one database share."""

from __future__ import annotations

from collections.abc import Callable

import sqlalchemy as sa

from keystead.encoding import b64u_decode, b64u_encode
from keystead_stub.store.engine import Store
from keystead_stub.store.tables import made_seed


def get_shared_seed(store: Store, random: Callable[[int], bytes], size: int) -> bytes:
    """The database's seed; the first process generates it from `random`."""
    with store.write() as connection:
        row = {"id": 1, "seed": b64u_encode(random(size))}
        connection.execute(store.insert_new(made_seed).values(row))
        # Read back, because another process may have inserted its seed first.
        found = connection.scalar(sa.select(made_seed.c.seed))
    return b64u_decode(str(found))
