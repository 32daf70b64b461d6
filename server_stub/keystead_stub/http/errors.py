"""A refusal on its way to becoming a problem document (RFC 9457)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from keystead.errors import KeysteadError
from keystead.problems import KINDS


class Refused(KeysteadError):
    """The answer is no. `code` is one of `keystead.problems.KINDS`; `sentence` may be shown.

    `headers` go with the answer, `extra` are the document's extension members.
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
        return KINDS[self.code].status


def too_many(wait_s: int) -> Refused:
    """A refusal for now; `wait_s` is when to ask again, in seconds."""
    return Refused(
        "There were too many requests of this kind.",
        code="too_many_requests",
        headers={"Retry-After": str(wait_s)},
    )
