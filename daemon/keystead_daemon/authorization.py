"""By whose right a call goes out: this device's, or a person's who signed in."""

from __future__ import annotations

import asyncio
from typing import TypeVar

from keystead.errors import BackendRefused, DaemonRefused
from keystead.sign_in import AuthorizationServer, refresh_form
from keystead_daemon import sessions
from keystead_daemon.backends.calls import Auth, Call, DeviceCredentials, SessionCredentials
from keystead_daemon.backends.client import Client
from keystead_daemon.backends.tokens import tokens_in
from keystead_daemon.device_key import device_key
from keystead_daemon.events import SignedIn, SignedOut
from keystead_daemon.refresh import caller_of
from keystead_daemon.runner import Runner
from keystead_daemon.state import Session

T = TypeVar("T")

ENDED = "session_ended"


class Authorization:
    """``server`` is where sessions come from, None where the profile names none."""

    def __init__(
        self,
        runner: Runner,
        client: Client,
        *,
        server: AuthorizationServer | None,
        billing_api: str,
    ) -> None:
        self._runner = runner
        self._client = client
        self._server = server
        self._billing_api = billing_api
        self._renewal: asyncio.Task[Session] | None = None

    @property
    def account(self) -> str | None:
        """Whom the session acts for, as far as it tells."""
        session = self._runner.state.persisted.session
        return session.account if session is not None else None

    async def ask(self, call: Call, kind: type[T]) -> T:
        """The answer, by the right that the call names; a session that ended is renewed once.

        Raises BackendUnreachable, BackendRefused; DaemonRefused with ``not_activated``,
        ``sign_in_needed`` or ``session_ended``.
        """
        match call.auth:
            case Auth.NONE:
                return await self._client.ask(call, kind)
            case Auth.DEVICE:
                return await self._client.ask(call, kind, await self.caller())
            case Auth.ACCOUNT:
                return await self._by_account(call, kind)

    async def caller(self) -> DeviceCredentials:
        """This device, with what it can show. Raises DaemonRefused where it has nothing.

        Without a token, or without room for this device, that is its checkout.
        """
        await device_key(self._runner)
        state = self._runner.state
        if not state.has_credential:
            raise DaemonRefused("This device is not activated online.", code="not_activated")
        by_pending = state.persisted.token is None or state.devices_at_limit is not None
        pending = state.polled if by_pending else None
        return caller_of(state, self._runner.storage, self._runner.clocks, pending)

    async def _by_account(self, call: Call, kind: type[T]) -> T:
        await device_key(self._runner)
        session = self._signed_in()
        if sessions.is_due(session, self._runner.view().now):
            session = await self._renewed(session)
        try:
            return await self._client.ask(call, kind, SessionCredentials(session.access_token))
        except BackendRefused as refused:
            if refused.status != 401:
                raise
        session = await self._renewed(session)
        try:
            return await self._client.ask(call, kind, SessionCredentials(session.access_token))
        except BackendRefused as refused:
            if refused.status != 401:
                raise
            raise self._ended(session) from None

    def _signed_in(self) -> Session:
        session = self._runner.state.persisted.session
        if session is None:
            ended = self._runner.state.sign_in_error == ENDED
            raise DaemonRefused("Nobody is signed in.", code=ENDED if ended else "sign_in_needed")
        return session

    async def _renewed(self, refused: Session) -> Session:
        """A session in the place of this one: one renewal at a time, which all callers share."""
        current = self._signed_in()
        if current.access_token != refused.access_token:
            return current
        if self._renewal is None or self._renewal.done():
            self._renewal = asyncio.get_running_loop().create_task(self._renew(current))
        # Whoever hangs up meanwhile must not lose a refresh token that was used up.
        return await asyncio.shield(self._renewal)

    async def _renew(self, session: Session) -> Session:
        if session.refresh_token is None or self._server is None:
            raise self._ended(session)
        form = refresh_form(self._server, session.refresh_token)
        try:
            reply = await self._client.post_form(self._server.token, form)
            tokens = tokens_in(reply)
        except BackendRefused:
            raise self._ended(session) from None
        now_ms = self._runner.view().now
        renewed = sessions.session_of(tokens, session, self._billing_api, now_ms)
        if self._runner.state.persisted.session != session:
            # Signed out, or in as somebody else, meanwhile.
            return self._signed_in()
        self._runner.handle(SignedIn(renewed))
        return renewed

    def _ended(self, session: Session) -> DaemonRefused:
        if self._runner.state.persisted.session == session:
            self._runner.handle(SignedOut(ENDED))
        return DaemonRefused("The session has ended.", code=ENDED)
