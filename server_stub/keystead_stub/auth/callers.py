"""Guards that authenticate callers: a session (specification §8.1), or a device by its token."""

from __future__ import annotations

import hmac
from collections.abc import Awaitable, Callable

from litestar.di import NamedDependency
from litestar.handlers import BaseRouteHandler
from litestar.params import HeaderParameter, SkipValidation

from keystead.documents import DeviceAccessToken
from keystead.errors import InvalidDocument
from keystead.instants import to_seconds
from keystead_stub.auth.context import AuthContext
from keystead_stub.auth.device_credentials import authenticate_device
from keystead_stub.auth.request_credentials import credentials_of
from keystead_stub.auth.sessions import Session, issuer_of, read_session, secret_of
from keystead_stub.http.errors import ProblemError
from keystead_stub.http.gateway import BEHIND_GATEWAY
from keystead_stub.http.requests import AnyConnection
from keystead_stub.store.account_ids import Account

#: Asynchronous, because the framework runs any other in a thread beside the event loop, where
#: its reads would fall into another request's transaction.
Guard = Callable[[AnyConnection, BaseRouteHandler], Awaitable[None]]

GATEWAY_KEY = "X-Internal-Gateway-Key"


def signed_in(api: str) -> Guard:
    """Return a guard that lets in callers with a session at this billing API.

    A gateway's key, where one is required, is checked before the session. Raises ProblemError
    (``invalid_token``), the same for every reason.
    """

    async def guard(connection: AnyConnection, _handler: BaseRouteHandler) -> None:
        context: AuthContext = connection.app.state["services"]
        if api in BEHIND_GATEWAY and not _has_gateway_key(context, connection):
            raise _not_signed_in()
        connection.state["session"] = _session(context, api, connection)

    return guard


def session_of(request: AnyConnection) -> Session:
    """Return the session that `signed_in` accepted."""
    session: Session = request.state["session"]
    return session


def account_of(request: AnyConnection) -> Account:
    """Return the account of the session; what the request names is never used for it."""
    session = session_of(request)
    return Account(session.api, session.account_id)


async def device_only(connection: AnyConnection, _handler: BaseRouteHandler) -> None:
    """Guard that lets in an active device by its token and proof.

    Raises ProblemError (``invalid_token``).
    """
    context: AuthContext = connection.app.state["services"]
    credentials = credentials_of(connection)
    connection.state["device_token"] = authenticate_device(context, credentials)


def device_token_of(request: AnyConnection) -> DeviceAccessToken:
    """Return the token that `device_only` accepted."""
    token: DeviceAccessToken = request.state["device_token"]
    return token


#: What handlers take from the guards: the caller's account, or the token of their device.
SignedInAccount = NamedDependency[SkipValidation[Account]]
DeviceToken = NamedDependency[SkipValidation[DeviceAccessToken]]

_SESSION = HeaderParameter(
    annotation=str | None,
    name="Authorization",
    description="`Bearer <session>`",
    required=False,
)
_GATEWAY_KEY = HeaderParameter(annotation=str | None, name=GATEWAY_KEY, required=False)


def session_headers(api: str) -> dict[str, HeaderParameter]:
    """Return the headers that this billing API authenticates by, for OpenAPI."""
    gateway = {"gateway_key": _GATEWAY_KEY} if api in BEHIND_GATEWAY else {}
    return {"authorization": _SESSION, **gateway}


def headers_for(context: AuthContext, session: Session, token: str) -> dict[str, str]:
    """Return the headers that a caller with this session sends."""
    headers = {"Authorization": f"Bearer {token}"}
    if session.api in BEHIND_GATEWAY:
        headers[GATEWAY_KEY] = context.settings.internal_gateway_key
    return headers


def _has_gateway_key(context: AuthContext, connection: AnyConnection) -> bool:
    given = connection.headers.getall(GATEWAY_KEY, [])
    expected = context.settings.internal_gateway_key
    # Of two headers a gateway may have checked the other one.
    return bool(expected) and len(given) == 1 and _same(given[0], expected)


def _same(given: str, expected: str) -> bool:
    # As bytes, because `compare_digest` takes no string with characters beyond ASCII.
    return hmac.compare_digest(given.encode(), expected.encode())


def _session(context: AuthContext, api: str, connection: AnyConnection) -> Session:
    scheme, compact = credentials_of(connection).credential
    if scheme != "bearer":
        raise _not_signed_in()
    secret, issuer = secret_of(context.settings, api), issuer_of(context.settings, api)
    try:
        now_s = to_seconds(context.now_ms())
        return read_session(compact, api, secret, now_s=now_s, issuer=issuer)
    except InvalidDocument:
        raise _not_signed_in() from None


def _not_signed_in() -> ProblemError:
    return ProblemError(
        "A valid session is required.", code="invalid_token", headers={"WWW-Authenticate": "Bearer"}
    )
