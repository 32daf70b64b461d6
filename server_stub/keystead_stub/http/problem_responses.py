"""Exception handlers that turn every failure into a problem document (RFC 9457).

Details are generic (specification §7.2): never a schema, a stack trace, SQL or a secret.
"""

from __future__ import annotations

import logging
from typing import Any

import msgspec
from litestar import Request, Response
from litestar.exceptions import HTTPException
from litestar.openapi.datastructures import ResponseSpec

from keystead.problems import MEDIA_TYPE, PROBLEM_TYPES, Problem, problem
from keystead_stub.http.access_log import note_refusal
from keystead_stub.http.errors import ProblemError
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
    """Encode a problem document as JSON; `identifier` is the request's id."""
    members = msgspec.to_builtins(problem(code, request_id=identifier, detail=detail))
    return msgspec.json.encode({**members, **(extra or {})})


def on_problem(request: AnyRequest, error: ProblemError) -> Response[bytes]:
    note_refusal(request.scope, error.code)
    body = document(error.code, request_id(request.scope), error.sentence, error.extra)
    return Response(body, status_code=error.status, headers=error.headers, media_type=MEDIA_TYPE)


def on_http_exception(request: AnyRequest, error: HTTPException) -> Response[bytes]:
    """Answer what the framework rejects: unknown routes, methods and malformed bodies."""
    code = _CODE_OF_STATUS.get(error.status_code)
    if code is None:
        code = "internal_error" if error.status_code >= 500 else "invalid_request"
    # The framework's own `detail` can quote the body or its schema, so only `Allow` is kept.
    headers = {k: v for k, v in (error.headers or {}).items() if k.lower() == "allow"}
    problem_error = ProblemError(f"{PROBLEM_TYPES[code].title}.", code=code, headers=headers)
    return on_problem(request, problem_error)


def on_recursion(request: AnyRequest, _error: RecursionError) -> Response[bytes]:
    """Answer a JSON body that is nested too deeply to be decoded."""
    return on_problem(request, ProblemError("Invalid request body.", code="invalid_request"))


def on_unexpected(request: AnyRequest, error: Exception) -> Response[bytes]:
    """Log an unexpected exception; the response says nothing about it."""
    _log.error(
        "request failed",
        extra={"requestId": request_id(request.scope), "error": type(error).__name__},
        exc_info=error,
    )
    return on_problem(request, ProblemError("Internal server error.", code="internal_error"))


EXCEPTION_HANDLERS: dict[int | type[Exception], Any] = {
    ProblemError: on_problem,
    HTTPException: on_http_exception,
    RecursionError: on_recursion,
    Exception: on_unexpected,
}

_DESCRIPTIONS = {
    400: "The request is invalid.",
    401: "The credential is invalid; the response carries a DPoP nonce.",
    403: "This is not allowed.",
    404: "Not found, or it belongs to another account.",
    409: "The request conflicts with the current state.",
    413: "The body is too large.",
    415: "The body is not JSON.",
    429: "Too many requests: try again after `Retry-After` seconds.",
    502: "Stripe could not be reached.",
    503: "Temporarily unavailable.",
}


def documented(*statuses: int) -> dict[int, ResponseSpec]:
    """Describe responses of these statuses as problem documents for OpenAPI."""
    return {
        status: ResponseSpec(
            data_container=Problem,
            generate_examples=False,
            description=_DESCRIPTIONS[status],
            media_type=MEDIA_TYPE,
        )
        for status in statuses
    }
