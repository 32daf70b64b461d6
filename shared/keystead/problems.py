"""The billing backend's problem documents (RFC 9457) and their codes (specification §7.2).

One table gives each code its status, its title and whether a retry can succeed. The backend builds
problem documents from it, and the daemon reads them with it.
"""

from __future__ import annotations

from typing import Any

import msgspec

MEDIA_TYPE = "application/problem+json"


class ProblemType(msgspec.Struct, frozen=True):
    """The meaning of a code; ``retry`` is true where the same request may succeed later."""

    status: int
    title: str
    retry: bool = False


PROBLEM_TYPES: dict[str, ProblemType] = {
    "invalid_request": ProblemType(400, "Invalid request"),
    "bad_signature": ProblemType(400, "Invalid signature"),
    "invalid_token": ProblemType(401, "Invalid credentials"),
    "checkout_disabled": ProblemType(403, "Checkout is disabled"),
    "forbidden": ProblemType(403, "Forbidden"),
    "stripe_not_connected": ProblemType(403, "No Stripe account connected"),
    "not_found": ProblemType(404, "Not found"),
    "unknown_device": ProblemType(404, "Unknown device"),
    "method_not_allowed": ProblemType(405, "Method not allowed"),
    "not_acceptable": ProblemType(406, "Not acceptable"),
    "already_entitled": ProblemType(409, "Already entitled"),
    "other_product": ProblemType(409, "Sold for another product"),
    "nothing_bought": ProblemType(409, "No purchase yet"),
    "conflict": ProblemType(409, "Conflict"),
    "device_limit": ProblemType(409, "Device limit reached"),
    "exchange_limit": ProblemType(409, "Device exchange limit reached"),
    "too_large": ProblemType(413, "Request too large"),
    "unsupported_media_type": ProblemType(415, "Unsupported media type"),
    "too_many_requests": ProblemType(429, "Too many requests", retry=True),
    "internal_error": ProblemType(500, "Internal error", retry=True),
    "stripe_unavailable": ProblemType(502, "Stripe is unavailable", retry=True),
    "unavailable": ProblemType(503, "Service unavailable", retry=True),
}


class Problem(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A problem document. Extension members are read separately, as plain JSON."""

    type: str
    title: str
    status: int
    code: str
    request_id: str = msgspec.field(name="requestId")
    detail: str | None = None


def problem(code: str, *, request_id: str, detail: str | None = None) -> Problem:
    """Return the document for ``code``, a key of `PROBLEM_TYPES`."""
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
    """Return the problem document in a decoded JSON object, None where a member is missing."""
    try:
        return msgspec.convert(members, Problem)
    except msgspec.ValidationError:
        return None
