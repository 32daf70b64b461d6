"""What handlers of every dialect need to read from a request."""

from __future__ import annotations

from typing import Annotated, Any, TypeVar, cast

import msgspec
from litestar import Request
from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler
from litestar.params import HeaderParameter, JSONBody, SkipValidation
from litestar.types import HTTPScope

from keystead.documents import DeviceAccessToken
from keystead_stub.auth import device_credentials
from keystead_stub.auth.device_credentials import Asked
from keystead_stub.http.errors import ProblemError, too_many_requests
from keystead_stub.services import Services

AnyConnection = ASGIConnection[Any, Any, Any, Any]
AnyRequest = Request[Any, Any, Any]
T = TypeVar("T")

#: A body as OpenAPI describes it. The framework would take "1" for a number, so it only describes:
#: what is read is `body_of`.
Described = JSONBody[SkipValidation[T]]

_CREDENTIAL = "`DPoP <device access token>`, or the operator's token as `Bearer`."
Authorization = Annotated[
    str | None, HeaderParameter(name="Authorization", description=_CREDENTIAL, required=False)
]
ProofHeader = Annotated[
    str | None,
    HeaderParameter(name="DPoP", description="The proof of possession (RFC 9449).", required=False),
]


async def bearer_only(connection: AnyConnection, _handler: BaseRouteHandler) -> None:
    """A guard: a device in use, by its token and proof, judged before anything else is read.

    Raises ProblemError (``invalid_token``).
    """
    services: Services = connection.app.state["services"]
    connection.state["bearer"] = device_credentials.device_bearer(services, asked(connection))


def bearer_of(request: AnyRequest) -> DeviceAccessToken:
    """The token that `bearer_only` let in."""
    token: DeviceAccessToken = request.state["bearer"]
    return token


def asked(request: AnyConnection) -> Asked:
    """Method, address and credentials of the request.

    The address is the one that the caller used: its `Host`, whatever stands before us. Raises
    ProblemError (``invalid_request``) where the host is none, or a header stands twice: two readers
    would see two requests.
    """
    headers = request.headers
    for name in ("authorization", "dpop"):
        if len(headers.getall(name, [])) > 1:
            raise ProblemError("A credential stands twice.", code="invalid_request")
    try:
        url = str(request.url.with_replacements(query="", fragment=""))
    except ValueError:
        raise ProblemError("The host is not valid.", code="invalid_request") from None
    return Asked(
        method=cast("HTTPScope", request.scope)["method"],
        url=url,
        authorization=headers.get("authorization"),
        proof=headers.get("dpop"),
    )


async def body_of(request: AnyRequest, kind: type[T]) -> T:
    """The JSON body, to the letter; no body is an empty object.

    Raises ProblemError (``invalid_request``).
    """
    try:
        return msgspec.json.decode(await request.body() or b"{}", type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise ProblemError("The body is not valid.", code="invalid_request") from None


def caller_address(request: AnyConnection) -> str:
    return request.client.host if request.client else ""


async def json_only(connection: AnyConnection, _handler: BaseRouteHandler) -> None:
    """A guard: bodies are JSON. Raises ProblemError (``unsupported_media_type``)."""
    media_type = connection.headers.get("content-type", "").partition(";")[0].strip().lower()
    has_body = connection.headers.get("content-length", "0") != "0" or (
        "transfer-encoding" in connection.headers
    )
    if media_type != "application/json" and (has_body or media_type):
        raise ProblemError("The body has to be JSON.", code="unsupported_media_type")


def limit(services: Services, request: AnyRequest, purpose: str, per_minute: int) -> None:
    """Raises ProblemError (``too_many_requests``) where this caller asked too often for this."""
    if wait_s := services.limiter.wait_s(purpose, caller_address(request), per_minute=per_minute):
        raise too_many_requests(wait_s)
