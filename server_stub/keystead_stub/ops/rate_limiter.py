"""Rate limits: a fixed window on the stub's time, counted in the database for all its processes.

The package `limits` shares counts by Redis, Memcached or MongoDB, which would be one more server to
run, and not by the SQL database that the processes have. A count is one small transaction of its
own, on the few routes that anybody may call and that cost something.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from keystead.instants import MINUTE_MS, SECOND_MS
from keystead_stub.store.engine import Store
from keystead_stub.store.tables import rate_limits

WINDOW_MS = MINUTE_MS


class RateLimiter:
    """Counts requests by purpose and caller. `now_ms` reads the stub's steerable clock."""

    def __init__(self, store: Store, now_ms: Callable[[], int]) -> None:
        self._store = store
        self._now_ms = now_ms
        self._counting = _counting(store)
        self._window_at = 0

    def wait_s(self, purpose: str, caller: str, *, per_minute: int) -> int:
        """Count a request. Return 0 if it is within the limit, else the seconds to wait."""
        # Read before the transaction, because that may query the database.
        now_ms = self._now_ms()
        window_at = now_ms - now_ms % WINDOW_MS
        key = {"window_at": window_at, "purpose": purpose, "caller": caller, "requests": 1}
        with self._store.write() as connection:
            if window_at != self._window_at:
                # The table holds one window, however many callers there have been.
                old = rate_limits.c.window_at < window_at
                connection.execute(sa.delete(rate_limits).where(old))
            requests = connection.scalar(self._counting, key)
        self._window_at = window_at
        if requests is None or requests <= per_minute:
            return 0
        return -(-(window_at + WINDOW_MS - now_ms) // SECOND_MS)


def _counting(store: Store) -> Any:
    """Return the statement that adds a request to a caller's count, and gives the new count."""
    dialect: Any = postgresql if store.engine.dialect.name == "postgresql" else sqlite
    statement = dialect.insert(rate_limits)
    return statement.on_conflict_do_update(
        index_elements=list(rate_limits.primary_key),
        set_={"requests": rate_limits.c.requests + 1},
    ).returning(rate_limits.c.requests)
