"""Somebody signs in with a browser, which comes back to this machine (RFC 8252 §7.3).

There is a listener for as long as that takes and no longer, at an address that nobody can guess;
what else is asked there gets a 404, and means nothing.
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

#: How long somebody is waited for.
OPEN_MS = 10 * MINUTE_MS
#: Seconds in which a request at the listener has to be complete.
_REQUEST_S = 5.0
#: Visitors at a time; browsers open one or two connections more than they need.
_MOST = 8
_HOST = "127.0.0.1"


class _OpenSignIn:
    """One attempt, and the door at which its browser is awaited."""

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
    """One attempt at a time: who asks while there is one joins it."""

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
        self._visitors = 0

    async def start(self, params: SignInParams) -> SignIn:
        """Where to sign in. Raises DaemonRefused (``no_sign_in``), KeyringUnavailable."""
        server = self._server
        if server is None or not self._runner.state.config.capabilities.sign_in:
            raise DaemonRefused("There is nowhere to sign in.", code="no_sign_in")
        # Tokens that could not be kept are better not asked for.
        await device_key(self._runner)
        async with self._opening:
            if self._open is None:
                self._open = await self._opened(server, params.page)
                self._runner.handle(SignInStarted())
            return self._open.shown

    def close(self) -> None:
        """Nobody is awaited any more."""
        if self._open is not None:
            self._open.close()
            self._open = None

    async def _opened(self, server: AuthorizationServer, page: SignInPage) -> _OpenSignIn:
        path = f"/signed-in/{self._secret()}"
        listening = await asyncio.start_server(self._visited, _HOST, 0, limit=MAX_HEAD)
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
        opened.end = loop.call_later(OPEN_MS / SECOND_MS, self._give_up)
        return opened

    def _secret(self) -> str:
        return b64u_encode(self._random(SECRET_BYTES))

    def _give_up(self) -> None:
        self.close()
        self._runner.handle(SignInFailed(code="sign_in_timeout"))

    async def _visited(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._visitors >= _MOST:
            writer.close()
            return
        self._visitors += 1
        try:
            async with asyncio.timeout(_REQUEST_S):
                head = await reader.readuntil(END_OF_HEAD)
            writer.write(await self._answered(head))
            await writer.drain()
        except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            # Not a browser, or not for long.
            pass
        finally:
            self._visitors -= 1
            writer.close()

    async def _answered(self, head: bytes) -> bytes:
        opened = self._open
        if opened is None:
            return _nothing()
        authority = opened.attempt.redirect_uri.split("/")[2]
        query = redirect_query(head, authority=authority, path=opened.path)
        brought = parse_authorization_response(query, opened.attempt) if query is not None else None
        if brought is None:
            return _nothing()
        # The one who knows the state came: nobody else is awaited, and a code is used once.
        self.close()
        code = await self._finished(opened.attempt, brought)
        page = opened.page
        title = page.done if code is None else page.failed
        return render_response("200 OK", page.language, title, page.back)

    async def _finished(self, attempt: SignInAttempt, brought: AuthorizationResponse) -> str | None:
        """Exchange the grant; the code of ours that says why there is no session, or None."""
        code = brought.code
        if brought.grant is not None and self._server is not None:
            code = await self._exchanged(self._server, attempt, brought.grant)
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


def _nothing() -> bytes:
    return render_response("404 Not Found", "en", "404")
