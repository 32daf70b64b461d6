"""Stateless DPoP nonces (RFC 9449 §8): a keyed hash of a time window.

Every process that knows the secret can check them, so several may share one database. The time is
the machine's, not the stub's steerable one: advancing the clock by a month must not expire a nonce
that was issued a second ago.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable
from hashlib import blake2b

from keystead.encoding import b64u_encode

#: A nonce is accepted in its own window and in the next one, so for at least five minutes.
WINDOW_S = 300


class Nonces:
    """Issues and checks nonces by one secret. `seconds` reads the machine's clock."""

    def __init__(self, secret: bytes, seconds: Callable[[], float]) -> None:
        # `person` keeps nonces apart from whatever else is derived from the same secret.
        self._key = blake2b(secret, person=b"keystead-dpop").digest()
        self._seconds = seconds

    def current(self) -> str:
        return self._of(self._window())

    def accepts(self, nonce: str | None) -> bool:
        """Return whether the nonce was issued here, at most two windows ago."""
        if nonce is None:
            return False
        window = self._window()
        candidates = (self._of(window), self._of(window - 1))
        return any(hmac.compare_digest(nonce.encode(), own.encode()) for own in candidates)

    def _window(self) -> int:
        return int(self._seconds()) // WINDOW_S

    def _of(self, window: int) -> str:
        digest = blake2b(window.to_bytes(8, "big", signed=True), key=self._key, digest_size=18)
        return b64u_encode(digest.digest())
