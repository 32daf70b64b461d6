"""The check of a currency that a request names. Pure."""

from __future__ import annotations

from keystead.currencies import CURRENCIES
from keystead_stub.http.errors import ProblemError


def check(currency: str) -> None:
    """Raise ProblemError (``invalid_request``) for an unsupported currency."""
    if currency not in CURRENCIES:
        raise ProblemError("Unsupported currency.", code="invalid_request")
