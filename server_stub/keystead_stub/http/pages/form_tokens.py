"""Tokens against cross-site request forgery (CSRF)."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from hashlib import blake2b

from keystead_stub.http.errors import ProblemError


class FormTokens:
    """Tokens that forms carry, so that no other site can send them (CSRF)."""

    def __init__(self, secret: bytes) -> None:
        self._key = blake2b(secret).digest()

    def token(self, purpose: str) -> str:
        """Return the token of forms for this purpose."""
        # Derived instead of stored, so that every process over the database accepts it.
        return blake2b(purpose.encode(), key=self._key, digest_size=16).hexdigest()

    def check(self, purpose: str, found: Mapping[str, str]) -> None:
        """Raise ProblemError (``forbidden``) unless the form carries its token."""
        expected = self.token(purpose).encode()
        if not hmac.compare_digest(found.get("token", "").encode(), expected):
            raise ProblemError(
                "This form is out of date. Go back and load it again.", code="forbidden"
            )
