"""Rate limits: a fixed window on the stub's time, counted in memory.

Each process counts for itself, so with several processes over one database the limit applies per
process. The package `limits` can share counts through Redis, Memcached or MongoDB, but not through
the SQL database that the processes share. A table of our own would add a write transaction to every
limited request, and these limits only have to stop a client that has run wild.
"""

from __future__ import annotations

from collections.abc import Callable

from litestar.handlers import BaseRouteHandler
from litestar.types import Guard

from keystead_stub.http.errors import too_many_requests
from keystead_stub.http.public_address import limit_key
from keystead_stub.http.requests import AnyConnection, caller_address

WINDOW_S = 60
#: The counts are cleared early when there are this many callers, to bound the memory.
_MAX_CALLERS = 10_000


class RateLimiter:
    """Counts requests by purpose and caller. `now_s` reads the stub's steerable clock."""

    def __init__(self, now_s: Callable[[], int]) -> None:
        self._now_s = now_s
        self._window = 0
        self._counts: dict[tuple[str, str], int] = {}

    def wait_s(self, purpose: str, caller: str, *, per_minute: int) -> int:
        """Count a request. Return 0 if it is within the limit, else the seconds to wait."""
        now = self._now_s()
        if now // WINDOW_S != self._window or len(self._counts) > _MAX_CALLERS:
            self._window = now // WINDOW_S
            self._counts.clear()
        count = self._counts.get((purpose, caller), 0) + 1
        self._counts[purpose, caller] = count
        return 0 if count <= per_minute else WINDOW_S - now % WINDOW_S

    def reset(self) -> None:
        """Reset all counts."""
        self._counts.clear()


def limited(purpose: str, per_minute: int) -> Guard:
    """Return a guard that counts a caller's requests of this purpose.

    Raises ProblemError (``too_many_requests``).
    """

    async def guard(connection: AnyConnection, _handler: BaseRouteHandler) -> None:
        limiter: RateLimiter = connection.app.state["services"].limiter
        caller = limit_key(caller_address(connection))
        if wait_s := limiter.wait_s(purpose, caller, per_minute=per_minute):
            raise too_many_requests(wait_s)

    return guard
