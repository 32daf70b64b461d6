"""Routes with a rate limit: so many requests a minute of each caller, and then 429."""

from __future__ import annotations

from typing import Protocol

from litestar.handlers import BaseRouteHandler
from litestar.types import Guard

from keystead_stub.http.errors import too_many_requests
from keystead_stub.http.public_address import limit_key
from keystead_stub.http.requests import AnyConnection, caller_address


class Limiter(Protocol):
    """Counts requests by purpose and caller."""

    def wait_s(self, purpose: str, caller: str, *, per_minute: int) -> int:
        """Count a request. Return 0 if it is within the limit, else the seconds to wait."""


def limited(purpose: str, per_minute: int) -> Guard:
    """Return a guard that counts a caller's requests of this purpose.

    Raises ProblemError (``too_many_requests``).
    """

    async def guard(connection: AnyConnection, _handler: BaseRouteHandler) -> None:
        limiter: Limiter = connection.app.state["services"].limiter
        caller = limit_key(caller_address(connection))
        if wait_s := limiter.wait_s(purpose, caller, per_minute=per_minute):
            raise too_many_requests(wait_s)

    return guard
