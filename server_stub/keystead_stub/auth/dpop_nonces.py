"""Stateless DPoP nonces (RFC 9449 §8): a keyed hash of a time window.

Every process that knows the secret can check them, so several may share one database. The time is
the machine's, not the stub's steerable one: advancing the clock by a month must not expire a nonce
that was issued a second ago.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable, Sequence
from hashlib import blake2b

from keystead.encoding import b64u_encode

#: A nonce is accepted in its own window and in the next one, so for at least five minutes.
WINDOW_S = 300


class Nonces:
    """Issues nonces by the first secret, and accepts those of all.

    `seconds` reads the machine's clock.
    """

    def __init__(self, secrets: Sequence[str], seconds: Callable[[], float]) -> None:
        # `person` keeps nonces apart from whatever else is derived from the same secret.
        self._keys = [blake2b(one.encode(), person=b"keystead-dpop").digest() for one in secrets]
        self._seconds = seconds

    def current(self) -> str:
        return _nonce(self._keys[0], self._window())

    def accepts(self, nonce: str | None) -> bool:
        """Return whether the nonce was issued here, at most two windows ago."""
        if nonce is None:
            return False
        window = self._window()
        candidates = [_nonce(key, at) for key in self._keys for at in (window, window - 1)]
        return any(hmac.compare_digest(nonce.encode(), own.encode()) for own in candidates)

    def _window(self) -> int:
        return int(self._seconds()) // WINDOW_S


def _nonce(key: bytes, window: int) -> str:
    digest = blake2b(window.to_bytes(8, "big", signed=True), key=key, digest_size=18)
    return b64u_encode(digest.digest())
