"""The exception that becomes a problem document (RFC 9457)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from keystead.errors import KeysteadError
from keystead.problems import PROBLEM_TYPES


class ProblemError(KeysteadError):
    """A request that can't be served.

    `code` is a key of `keystead.problems.PROBLEM_TYPES` and gives the status. `sentence` is the
    document's `detail`, so it never holds a secret. `headers` are added to the response, `extra`
    holds the document's extension members.
    """

    def __init__(
        self,
        sentence: str,
        *,
        code: str,
        headers: Mapping[str, str] | None = None,
        extra: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(sentence, code=code)
        self.headers = dict(headers or {})
        self.extra = msgspec.to_builtins(dict(extra or {}))

    @property
    def status(self) -> int:
        return PROBLEM_TYPES[self.code].status


def too_many_requests(wait_s: int) -> ProblemError:
    """The error for an exceeded rate limit; `wait_s` is the value of `Retry-After` in seconds."""
    return ProblemError(
        "Too many requests.",
        code="too_many_requests",
        headers={"Retry-After": str(wait_s)},
    )
