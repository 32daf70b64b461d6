"""Telling the authorization server that a session is over (RFC 7009), beside everything else.

Signed out is who is signed out here, whatever the server makes of it: nobody waits for this.
"""

from __future__ import annotations

import asyncio

from keystead.errors import BackendUnreachable
from keystead.sign_in import AuthorizationServer, revocation_form
from keystead_daemon.backends.client import Client
from keystead_daemon.logs import Log
from keystead_daemon.state import Session

#: Seconds after which it is given up; the refresh token then ends by its own time.
LIMIT_S = 20.0
#: Seconds for which the daemon's own end waits for it.
ENDING_S = 2.0


class TokenRevoker:
    """``server`` is where sessions come from, None where the profile names none."""

    def __init__(self, client: Client, *, server: AuthorizationServer | None, log: Log) -> None:
        self._client = client
        self._server = server
        self._log = log
        self._under_way: set[asyncio.Task[None]] = set()

    def begin(self, session: Session) -> None:
        """Have what came of a sign-in ended over there, if there is a way to."""
        server = self._server
        if server is None or server.revoke is None or session.refresh_token is None:
            return
        form = revocation_form(server, session.refresh_token)
        task = asyncio.get_running_loop().create_task(self._tell(server.revoke, form))
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)

    async def close(self) -> None:
        """Give up what does not come to its end soon."""
        if self._under_way:
            _, late = await asyncio.wait(self._under_way, timeout=ENDING_S)
            for task in late:
                task.cancel()

    async def _tell(self, url: str, form: bytes) -> None:
        try:
            async with asyncio.timeout(LIMIT_S):
                reply = await self._client.post_form(url, form)
        except TimeoutError:
            self._failed("timeout")
        except BackendUnreachable as error:
            self._failed(error.code)
        else:
            if reply.status == 200:
                self._log.event("session.revoked")
            else:
                self._failed("backend_refused")

    def _failed(self, code: str) -> None:
        self._log.event("session.revocation.failed", level="warning", code=code)
