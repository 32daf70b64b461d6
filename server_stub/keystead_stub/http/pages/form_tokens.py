"""Tokens against cross-site request forgery (CSRF)."""

from __future__ import annotations

import hmac
from collections.abc import Mapping, Sequence
from hashlib import blake2b

from keystead_stub.http.errors import ProblemError


class FormTokens:
    """Tokens that forms carry, so that no other site can send them (CSRF).

    They are derived from the first secret, and those of all are accepted: a form that was open
    while the backend was started with another secret can still be sent.
    """

    def __init__(self, secrets: Sequence[str]) -> None:
        self._keys = [blake2b(one.encode(), person=b"keystead-forms").digest() for one in secrets]

    def token(self, purpose: str) -> str:
        """Return the token of forms for this purpose."""
        # Derived instead of stored, so that every process over the database accepts it.
        return _token(self._keys[0], purpose)

    def check(self, purpose: str, found: Mapping[str, str]) -> None:
        """Raise ProblemError (``forbidden``) unless the form carries its token."""
        given = found.get("token", "").encode()
        expected = [_token(key, purpose).encode() for key in self._keys]
        if not any(hmac.compare_digest(given, one) for one in expected):
            raise ProblemError(
                "This form is out of date. Go back and load it again.", code="forbidden"
            )


def _token(key: bytes, purpose: str) -> str:
    return blake2b(purpose.encode(), key=key, digest_size=16).hexdigest()
