"""Token revocation at the authorization server (RFC 7009), in the background.

The local session is deleted first and does not depend on the server, so no caller waits for this.
"""

from __future__ import annotations

import asyncio

from keystead.errors import BackendUnreachable
from keystead.sign_in import AuthorizationServer, revocation_form
from keystead_daemon.backends.client import Client
from keystead_daemon.logs import Log
from keystead_daemon.state import Session

#: Seconds after which a revocation is abandoned; the refresh token then expires by itself.
LIMIT_S = 20.0
#: Seconds that the daemon's shutdown waits for revocations.
ENDING_S = 2.0


class TokenRevoker:
    """``server`` is the authorization server, None where the profile names none."""

    def __init__(self, client: Client, *, server: AuthorizationServer | None, log: Log) -> None:
        self._client = client
        self._server = server
        self._log = log
        self._tasks: set[asyncio.Task[None]] = set()

    def begin(self, session: Session) -> None:
        """Start to revoke a session's refresh token, if the server has an endpoint for that."""
        server = self._server
        if server is None or server.revoke is None or session.refresh_token is None:
            return
        form = revocation_form(server, session.refresh_token)
        task = asyncio.get_running_loop().create_task(self._revoke(server.revoke, form))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        """Wait briefly for revocations under way, then cancel them."""
        if self._tasks:
            _, late = await asyncio.wait(self._tasks, timeout=ENDING_S)
            for task in late:
                task.cancel()

    async def _revoke(self, url: str, form: bytes) -> None:
        try:
            async with asyncio.timeout(LIMIT_S):
                reply = await self._client.post_form(url, form)
        except TimeoutError:
            self._log_failure("timeout")
        except BackendUnreachable as error:
            self._log_failure(error.code)
        else:
            if reply.status == 200:
                self._log.event("session.revoked")
            else:
                self._log_failure("backend_refused")

    def _log_failure(self, code: str) -> None:
        self._log.event("session.revocation.failed", level="warning", code=code)
