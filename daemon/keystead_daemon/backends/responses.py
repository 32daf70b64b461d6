"""Interpretation of a billing backend's responses. Pure.

A response is what was requested, a problem document (BackendRefused), or anything else, from a
proxy's error page to a captive portal's 200 (BackendUnreachable). Only a problem document with a
status below 500 is a refusal: a failing server has decided nothing.
"""

from __future__ import annotations

from typing import Any, TypeVar

import msgspec

from keystead.encoding import InvalidEncoding, decode_object
from keystead.errors import BackendRefused, BackendUnreachable
from keystead.problems import PROBLEM_TYPES, read_problem
from keystead_daemon.retry_after import retry_after_s
from keystead_daemon.transport import HttpReply

T = TypeVar("T")

_PROBLEM_MEMBERS = {"type", "title", "status", "code", "requestId", "detail", "instance"}


def interpret(reply: HttpReply, kind: type[T]) -> T:
    """Return the response's body as its type. Raises BackendUnreachable, BackendRefused."""
    if 200 <= reply.status < 300:
        answer = decode_body(reply, kind)
        if answer is not None:
            return answer
    elif reply.status >= 400:
        refusal = _refusal(reply)
        if refusal is not None:
            raise refusal
        if reply.status >= 500 or reply.status == 429:
            raise _failing(reply)
    raise BackendUnreachable("The response isn't from the billing API.", code="not_the_backend")


def decode_body(reply: HttpReply, kind: type[T]) -> T | None:
    """Return the body as its type, None where it has another form."""
    # A captive portal answers with an HTML page and status 200.
    if not _is_json(reply):
        return None
    try:
        return msgspec.json.decode(reply.body, type=kind)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None


def _refusal(reply: HttpReply) -> BackendRefused | BackendUnreachable | None:
    try:
        members = decode_object(reply.body) if _is_json(reply) else {}
    except InvalidEncoding:
        return None
    problem = read_problem(members)
    if problem is None:
        return None
    if reply.status >= 500:
        return _failing(reply)
    known = PROBLEM_TYPES.get(problem.code)
    extra: dict[str, Any] = {
        name: value for name, value in members.items() if name not in _PROBLEM_MEMBERS
    }
    return BackendRefused(
        f"{known.title if known is not None else 'The server refused the request'}.",
        status=reply.status,
        # The client has no message for an unknown code, which a newer backend may send.
        code=problem.code if known is not None else "backend_refused",
        retry_after_s=_retry_after_s(reply),
        extra=extra,
    )


def _failing(reply: HttpReply) -> BackendUnreachable:
    return BackendUnreachable(
        "The server failed.",
        code="server_failing",
        retry_after_s=_retry_after_s(reply),
    )


def _is_json(reply: HttpReply) -> bool:
    media_type = reply.headers.get("content-type", "").partition(";")[0].strip().lower()
    return media_type in {"application/json", "application/problem+json"}


def _retry_after_s(reply: HttpReply) -> float | None:
    return retry_after_s(reply.headers.get("retry-after", ""), reply.headers.get("date"))
