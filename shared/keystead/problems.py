"""The billing backend's problem documents (RFC 9457) and their codes (contract §3).

One table says of each code which status carries it, what it means in words, and whether asking
again can help. The backend answers from it and the daemon reads by it.
"""

from __future__ import annotations

from typing import Any

import msgspec

MEDIA_TYPE = "application/problem+json"


class ProblemType(msgspec.Struct, frozen=True):
    """What a code means; ``retry`` is true where the same request may succeed later."""

    status: int
    title: str
    retry: bool = False


PROBLEM_TYPES: dict[str, ProblemType] = {
    "invalid_request": ProblemType(400, "The request is not valid"),
    "bad_signature": ProblemType(400, "The signature does not fit"),
    "invalid_token": ProblemType(401, "The credential is not valid"),
    "checkout_disabled": ProblemType(403, "Checkout is switched off"),
    "forbidden": ProblemType(403, "This is not allowed"),
    "stripe_not_connected": ProblemType(403, "The account has no Stripe key"),
    "not_found": ProblemType(404, "There is nothing here"),
    "unknown_device": ProblemType(404, "The device is not known"),
    "method_not_allowed": ProblemType(405, "This method is not served here"),
    "not_acceptable": ProblemType(406, "No such form of the answer is served"),
    "already_entitled": ProblemType(409, "This is already paid for"),
    "nothing_bought": ProblemType(409, "Nothing was bought yet"),
    "conflict": ProblemType(409, "This contradicts what is there"),
    "device_limit": ProblemType(409, "The device limit is reached"),
    "exchange_limit": ProblemType(409, "Devices were exchanged too often"),
    "too_large": ProblemType(413, "The request is too large"),
    "unsupported_media_type": ProblemType(415, "This form of the request is not served"),
    "too_many_requests": ProblemType(429, "Too many requests", retry=True),
    "internal_error": ProblemType(500, "Something went wrong here", retry=True),
    "stripe_unavailable": ProblemType(502, "The payment service did not answer", retry=True),
    "unavailable": ProblemType(503, "The service is not ready", retry=True),
}


class Problem(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A problem document. Extension members stand beside these and are read as plain JSON."""

    type: str
    title: str
    status: int
    code: str
    request_id: str = msgspec.field(name="requestId")
    detail: str | None = None


def problem(code: str, *, request_id: str, detail: str | None = None) -> Problem:
    """The document for ``code``, which has to be in `PROBLEM_TYPES`."""
    kind = PROBLEM_TYPES[code]
    return Problem(
        type=f"urn:keystead:problem:{code}",
        title=kind.title,
        status=kind.status,
        code=code,
        request_id=request_id,
        detail=detail,
    )


def read_problem(members: dict[str, Any]) -> Problem | None:
    """The problem document in a decoded JSON object, or None where it is none of ours."""
    try:
        return msgspec.convert(members, Problem)
    except msgspec.ValidationError:
        return None
