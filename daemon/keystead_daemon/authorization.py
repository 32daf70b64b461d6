"""Authorization of calls to the billing API: none, the device's, or a signed-in person's."""

from __future__ import annotations

import asyncio
from typing import TypeVar

import msgspec

from keystead.errors import BackendRefused, DaemonRefused
from keystead.sign_in import AuthorizationServer, refresh_form
from keystead_daemon import sessions
from keystead_daemon.backends.calls import Auth, Call, DeviceCredentials, SessionCredentials
from keystead_daemon.backends.client import Client
from keystead_daemon.backends.tokens import tokens_in
from keystead_daemon.device_key import device_key
from keystead_daemon.events import SignedIn, SignedOut
from keystead_daemon.refresh import credentials_of
from keystead_daemon.runner import Runner
from keystead_daemon.state import Session

T = TypeVar("T")

SESSION_ENDED = "session_ended"


class Authorization:
    """``server`` is the authorization server, None where the profile names none."""

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
        """The account that the session acts for, if its access token names one."""
        session = self._runner.state.persisted.session
        return session.account if session is not None else None

    async def ask(self, call: Call, kind: type[T]) -> T:
        """Send a call with the authorization it names, renewing an ended session once.

        Raises BackendUnreachable, BackendRefused; DaemonRefused with ``not_activated``,
        ``sign_in_needed`` or ``session_ended``.
        """
        match call.auth:
            case Auth.NONE:
                return await self._client.ask(call, kind)
            case Auth.KEY:
                return await self._client.ask(call, kind, await self._key_holder())
            case Auth.DEVICE:
                return await self._client.ask(call, kind, await self.caller())
            case Auth.ACCOUNT:
                return await self._by_account(call, kind)

    async def caller(self) -> DeviceCredentials:
        """Return the device's credentials. Raises DaemonRefused (``not_activated``) if it has none.

        Without a token, or at the device limit, these are its pending activation's id.
        """
        await device_key(self._runner)
        state = self._runner.state
        if not state.has_credential:
            raise DaemonRefused("This device isn't activated online.", code="not_activated")
        by_pending = state.persisted.token is None or state.devices_at_limit is not None
        pending = state.polled if by_pending else None
        return credentials_of(state, self._runner.storage, self._runner.clocks, pending)

    async def _key_holder(self) -> DeviceCredentials:
        await device_key(self._runner)
        held = credentials_of(self._runner.state, self._runner.storage, self._runner.clocks)
        return msgspec.structs.replace(held, token=None)

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
            ended = self._runner.state.sign_in_error == SESSION_ENDED
            raise DaemonRefused(
                "No one is signed in.", code=SESSION_ENDED if ended else "sign_in_needed"
            )
        return session

    async def _renewed(self, refused: Session) -> Session:
        """Return the session after ``refused``, renewed once for all callers that wait for it."""
        current = self._signed_in()
        if current.access_token != refused.access_token:
            return current
        if self._renewal is None or self._renewal.done():
            self._renewal = asyncio.get_running_loop().create_task(self._renew(current))
        # A caller that disconnects must not cancel this: the refresh token is used up by now.
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
            # The person signed out or signed in again in the meantime.
            return self._signed_in()
        self._runner.handle(SignedIn(renewed))
        return renewed

    def _ended(self, session: Session) -> DaemonRefused:
        if self._runner.state.persisted.session == session:
            self._runner.handle(SignedOut(SESSION_ENDED))
        return DaemonRefused("The session has ended.", code=SESSION_ENDED)
