"""Browser sign-in with a redirect to a loopback listener (RFC 8252 §7.3).

The listener runs only while a sign-in is open, at a path that can't be guessed. Every other request
gets a 404 and has no effect.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from keystead.encoding import b64u_encode
from keystead.errors import BackendRefused, BackendUnreachable, DaemonRefused
from keystead.instants import MINUTE_MS, SECOND_MS
from keystead.local_api import SignIn, SignInPage, SignInParams
from keystead.loopback_http import END_OF_HEAD, MAX_HEAD, redirect_query, render_response
from keystead.sign_in import (
    SECRET_BYTES,
    AuthorizationResponse,
    AuthorizationServer,
    SignInAttempt,
    authorization_code_form,
    authorization_url,
    parse_authorization_response,
)
from keystead_daemon import sessions
from keystead_daemon.backends.client import Client
from keystead_daemon.backends.tokens import tokens_in
from keystead_daemon.device_key import device_key
from keystead_daemon.events import SignedIn, SignInFailed, SignInStarted
from keystead_daemon.runner import Runner

#: How long a sign-in stays open.
OPEN_MS = 10 * MINUTE_MS
#: Seconds in which a request to the listener has to be complete.
_REQUEST_S = 5.0
#: Connections at a time; browsers open one or two more than they need.
_MAX_CONNECTIONS = 8
_HOST = "127.0.0.1"


class _OpenSignIn:
    """One sign-in attempt with its listener and time limit."""

    def __init__(self, attempt: SignInAttempt, path: str, page: SignInPage, shown: SignIn) -> None:
        self.attempt = attempt
        self.path = path
        self.page = page
        self.shown = shown
        self.server: asyncio.Server | None = None
        self.end: asyncio.TimerHandle | None = None

    def close(self) -> None:
        if self.server is not None:
            self.server.close()
        if self.end is not None:
            self.end.cancel()


class SignInFlow:
    """Runs one sign-in at a time; callers that start another one get the open one."""

    def __init__(
        self,
        runner: Runner,
        client: Client,
        *,
        server: AuthorizationServer | None,
        billing_api: str,
        random: Callable[[int], bytes],
    ) -> None:
        self._runner = runner
        self._client = client
        self._server = server
        self._billing_api = billing_api
        self._random = random
        self._open: _OpenSignIn | None = None
        self._opening = asyncio.Lock()
        #: The connections without a complete request, the oldest first.
        self._unfinished: dict[asyncio.StreamWriter, None] = {}

    async def start(self, params: SignInParams) -> SignIn:
        """Open a sign-in and return its address.

        Raises DaemonRefused (``no_sign_in``, or ``sign_in_not_set_up`` for a profile without the
        server that its billing API needs), KeyringUnavailable.
        """
        server = self._server
        if not self._runner.state.config.capabilities.sign_in:
            raise DaemonRefused("This product has no sign-in.", code="no_sign_in")
        if server is None:
            raise DaemonRefused("The profile names no sign-in server.", code="sign_in_not_set_up")
        # Checked first, because tokens that can't be saved must not be requested.
        await device_key(self._runner)
        async with self._opening:
            if self._open is None:
                self._open = await self._opened(server, params.page)
                self._runner.handle(SignInStarted())
            return self._open.shown

    def close(self) -> None:
        """Close the open sign-in, if there is one."""
        if self._open is not None:
            self._open.close()
            self._open = None

    async def _opened(self, server: AuthorizationServer, page: SignInPage) -> _OpenSignIn:
        path = f"/signed-in/{self._secret()}"
        listening = await asyncio.start_server(self._handle_connection, _HOST, 0, limit=MAX_HEAD)
        host, port = listening.sockets[0].getsockname()[:2]
        attempt = SignInAttempt(
            verifier=self._secret(),
            state=self._secret(),
            redirect_uri=f"http://{host}:{port}{path}",
        )
        shown = SignIn(
            url=authorization_url(server, attempt), expires_at=self._runner.view().now + OPEN_MS
        )
        opened = _OpenSignIn(attempt, path, page, shown)
        opened.server = listening
        loop = asyncio.get_running_loop()
        opened.end = loop.call_later(OPEN_MS / SECOND_MS, self._time_out)
        return opened

    def _secret(self) -> str:
        return b64u_encode(self._random(SECRET_BYTES))

    def _time_out(self) -> None:
        self.close()
        self._runner.handle(SignInFailed(code="sign_in_timeout"))

    async def _handle_connection(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        # Any user of this machine can connect. The oldest makes room, so nobody holds all places:
        # a browser sends its request at once.
        if len(self._unfinished) >= _MAX_CONNECTIONS:
            oldest = next(iter(self._unfinished))
            del self._unfinished[oldest]
            oldest.transport.abort()
        self._unfinished[writer] = None
        try:
            async with asyncio.timeout(_REQUEST_S):
                head = await reader.readuntil(END_OF_HEAD)
            self._unfinished.pop(writer, None)
            writer.write(await self._response(head))
            await writer.drain()
        except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            # Not a browser, or one that closed the connection early.
            pass
        finally:
            self._unfinished.pop(writer, None)
            writer.close()

    async def _response(self, head: bytes) -> bytes:
        opened = self._open
        if opened is None:
            return _not_found()
        authority = opened.attempt.redirect_uri.split("/")[2]
        query = redirect_query(head, authority=authority, path=opened.path)
        found = parse_authorization_response(query, opened.attempt) if query is not None else None
        if found is None:
            return _not_found()
        # Only our browser knows the state. A code is used once, so the listener closes now.
        self.close()
        code = await self._finished(opened.attempt, found)
        page = opened.page
        title = page.done if code is None else page.failed
        return render_response("200 OK", page.language, title, page.back)

    async def _finished(self, attempt: SignInAttempt, found: AuthorizationResponse) -> str | None:
        """Exchange the grant. Returns the error code, or None if a session was created."""
        code = found.code
        if found.grant is not None and self._server is not None:
            code = await self._exchanged(self._server, attempt, found.grant)
        if code is not None:
            self._runner.handle(SignInFailed(code))
        return code

    async def _exchanged(
        self, server: AuthorizationServer, attempt: SignInAttempt, grant: str
    ) -> str | None:
        try:
            form = authorization_code_form(server, attempt, grant)
            tokens = tokens_in(await self._client.post_form(server.token, form))
        except (BackendRefused, BackendUnreachable) as error:
            return error.code
        now_ms = self._runner.view().now
        self._runner.handle(SignedIn(sessions.session_of(tokens, None, self._billing_api, now_ms)))
        return None


def _not_found() -> bytes:
    return render_response("404 Not Found", "en", "404")
