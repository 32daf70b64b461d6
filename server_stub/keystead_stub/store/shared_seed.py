"""The seed of the secrets that nobody set, where several processes are one backend."""

from __future__ import annotations

from collections.abc import Callable

import sqlalchemy as sa

from keystead.encoding import b64u_decode, b64u_encode
from keystead_stub.store.engine import Store
from keystead_stub.store.tables import made_seed


def get_shared_seed(store: Store, random: Callable[[int], bytes], size: int) -> bytes:
    """The database's seed; whoever comes first makes it."""
    with store.write() as connection:
        mine = {"id": 1, "seed": b64u_encode(random(size))}
        connection.execute(store.insert_new(made_seed).values(mine))
        found = connection.scalar(sa.select(made_seed.c.seed))
    return b64u_decode(str(found))
