"""Who may use the controls, and how their bodies are read.

Guards are asynchronous: the framework runs any other in a thread beside the event loop.
"""

from __future__ import annotations

from typing import Any, TypeVar

import msgspec
from litestar import Request

from keystead_stub.controls.sandbox import Rehearsal
from keystead_stub.http.errors import ProblemError

AnyRequest = Request[Any, Any, Any]
T = TypeVar("T")

MAX_BODY = 64 * 1024


def rehearsal_of(request: AnyRequest) -> Rehearsal:
    rehearsal: Rehearsal = request.app.state["rehearsal"]
    return rehearsal


async def read(request: AnyRequest, kind: type[T]) -> T:
    """The body as `kind`; no body is an empty object. Raises ProblemError (``invalid_request``)."""
    body = await request.body() or b"{}"
    try:
        return msgspec.json.decode(body, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise ProblemError(
            "The body is not what this control takes.", code="invalid_request"
        ) from None
