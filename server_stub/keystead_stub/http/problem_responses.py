"""Every failure as a problem document: one place between exceptions and the wire.

Validation errors are generic (contract §3): never a schema, a stack, a statement or a secret.
"""

from __future__ import annotations

import logging
from typing import Any

import msgspec
from litestar import Request, Response
from litestar.exceptions import HTTPException
from litestar.openapi.datastructures import ResponseSpec

from keystead.problems import KINDS, MEDIA_TYPE, Problem, problem
from keystead_stub.http.errors import Refused
from keystead_stub.http.request_ids import request_id

_log = logging.getLogger(__name__)

_CODE_OF_STATUS = {
    400: "invalid_request",
    401: "invalid_token",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    406: "not_acceptable",
    413: "too_large",
    415: "unsupported_media_type",
    429: "too_many_requests",
    503: "unavailable",
}

AnyRequest = Request[Any, Any, Any]


def document(
    code: str, identifier: str, detail: str | None, extra: dict[str, Any] | None = None
) -> bytes:
    """The problem document's JSON."""
    members = msgspec.to_builtins(problem(code, request_id=identifier, detail=detail))
    return msgspec.json.encode({**members, **(extra or {})})


def _answer(request: AnyRequest, refused: Refused) -> Response[bytes]:
    body = document(refused.code, request_id(request.scope), refused.sentence, refused.extra)
    return Response(
        body, status_code=refused.status, headers=refused.headers, media_type=MEDIA_TYPE
    )


def on_refused(request: AnyRequest, refused: Refused) -> Response[bytes]:
    return _answer(request, refused)


def on_http(request: AnyRequest, error: HTTPException) -> Response[bytes]:
    """What the framework refuses: routes, methods, forms of the body."""
    code = _CODE_OF_STATUS.get(error.status_code)
    if code is None:
        code = "internal_error" if error.status_code >= 500 else "invalid_request"
    headers = {k: v for k, v in (error.headers or {}).items() if k.lower() == "allow"}
    return _answer(request, Refused(f"{KINDS[code].title}.", code=code, headers=headers))


def on_depth(request: AnyRequest, _error: RecursionError) -> Response[bytes]:
    """JSON that is nested deeper than any request of ours."""
    return _answer(request, Refused("The body is not valid.", code="invalid_request"))


def on_crash(request: AnyRequest, error: Exception) -> Response[bytes]:
    """What nobody foresaw: told in the log by its type and place, and in the answer not at all."""
    _log.error(
        "request failed",
        extra={"requestId": request_id(request.scope), "error": type(error).__name__},
        exc_info=error,
    )
    return _answer(request, Refused("Something went wrong here.", code="internal_error"))


EXCEPTION_HANDLERS: dict[int | type[Exception], Any] = {
    Refused: on_refused,
    HTTPException: on_http,
    RecursionError: on_depth,
    Exception: on_crash,
}

_DESCRIPTIONS = {
    400: "The request is not valid.",
    401: "The credential is not valid; a nonce comes with the answer.",
    403: "This is not allowed.",
    404: "There is nothing here, or it is somebody else's.",
    409: "This contradicts what is there.",
    413: "The body is too large.",
    415: "The body is not JSON.",
    429: "Too many requests: ask again after `Retry-After` seconds.",
    502: "Stripe did not answer.",
    503: "Not now.",
}


def documented(*statuses: int) -> dict[int, ResponseSpec]:
    """These statuses as problem documents, for the OpenAPI description."""
    return {
        status: ResponseSpec(
            data_container=Problem,
            generate_examples=False,
            description=_DESCRIPTIONS[status],
            media_type=MEDIA_TYPE,
        )
        for status in statuses
    }
