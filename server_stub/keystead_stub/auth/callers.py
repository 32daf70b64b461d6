"""Who calls a billing API other than the native one: somebody signed in (contract §3b)."""

from __future__ import annotations

import hmac
from collections.abc import Awaitable, Callable

from litestar.handlers import BaseRouteHandler

from keystead.errors import InvalidDocument
from keystead.instants import to_seconds
from keystead_stub.auth.sessions import Session, read_session, secret_of
from keystead_stub.http.errors import ProblemError
from keystead_stub.http.requests import AnyConnection, asked
from keystead_stub.services import Services
from keystead_stub.store.account_ids import Account

#: Asynchronous, because the framework runs any other in a thread beside the event loop, where
#: what it reads from the store would fall into another request's transaction.
Guard = Callable[[AnyConnection, BaseRouteHandler], Awaitable[None]]

GATEWAY_KEY = "X-Internal-Gateway-Key"
#: The billing APIs that stand behind a gateway with a key of its own.
BEHIND_GATEWAY = frozenset({"crow"})


def signed_in(api: str) -> Guard:
    """A guard: callers with a session at this billing API, judged before anything else is read.

    Where a gateway's key is due it comes first: without it no session is looked at. Raises
    ProblemError (``invalid_token``), the same for every reason.
    """

    async def guard(connection: AnyConnection, _handler: BaseRouteHandler) -> None:
        services: Services = connection.app.state["services"]
        if api in BEHIND_GATEWAY and not _has_gateway_key(services, connection):
            raise _stranger()
        connection.state["session"] = _session(services, api, connection)

    return guard


def session_of(request: AnyConnection) -> Session:
    """The session that `signed_in` let in."""
    session: Session = request.state["session"]
    return session


def account_of(request: AnyConnection) -> Account:
    """Whom the caller acts for: the session says it, the request never does."""
    session = session_of(request)
    return Account(session.api, session.account_id)


def headers_for(services: Services, session: Session, token: str) -> dict[str, str]:
    """What a caller with this session sends."""
    headers = {"Authorization": f"Bearer {token}"}
    if session.api in BEHIND_GATEWAY:
        headers[GATEWAY_KEY] = services.settings.internal_gateway_key
    return headers


def _has_gateway_key(services: Services, connection: AnyConnection) -> bool:
    given = connection.headers.getall(GATEWAY_KEY, [])
    expected = services.settings.internal_gateway_key
    return bool(expected) and len(given) == 1 and _same(given[0], expected)


def _same(given: str, expected: str) -> bool:
    return hmac.compare_digest(given.encode(), expected.encode())


def _session(services: Services, api: str, connection: AnyConnection) -> Session:
    scheme, compact = asked(connection).credential
    if scheme != "bearer":
        raise _stranger()
    secret = secret_of(services.settings, api)
    try:
        return read_session(compact, api, secret, now_s=to_seconds(services.now_ms()))
    except InvalidDocument:
        raise _stranger() from None


def _stranger() -> ProblemError:
    return ProblemError(
        "Sign in first.", code="invalid_token", headers={"WWW-Authenticate": "Bearer"}
    )
