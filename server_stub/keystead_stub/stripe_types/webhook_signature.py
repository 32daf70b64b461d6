"""Sign and verify the `Stripe-Signature` header. Pure; times in seconds.

`t=<seconds>,v1=<hex>[,v1=<hex>…]`, each `v1` an HMAC-SHA-256 of `<t>.<raw body>` under one of the
endpoint's secrets; during a rotation there are two (https://docs.stripe.com/webhooks#verify-manually).
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence

import msgspec

from keystead.errors import KeysteadError

TOLERANCE_S = 300
_MAX_HEADER = 4096


class BadSignature(KeysteadError):
    """The header does not match the body, or is too old.

    Codes: `signature_missing`, `signature_malformed`, `signature_stale`, `signature_mismatch`.
    """

    default_code = "signature_mismatch"


class _Header(msgspec.Struct, frozen=True):
    timestamp_s: int
    signatures: tuple[str, ...]


def _digest(body: bytes, secret: str, at_s: int) -> str:
    return hmac.new(secret.encode(), b"%d." % at_s + body, hashlib.sha256).hexdigest()


def sign(body: bytes, secrets: Sequence[str], *, at_s: int) -> str:
    """Return the header's value for this body, signed at `at_s` with each of the secrets."""
    parts = [f"v1={_digest(body, secret, at_s)}" for secret in secrets]
    return ",".join([f"t={at_s}", *parts])


def _parse(header: str) -> _Header:
    # Bounded, because each signature in it costs a comparison with each secret.
    if len(header) > _MAX_HEADER:
        raise BadSignature("The signature header is too long.", code="signature_malformed")
    times: list[str] = []
    signatures: list[str] = []
    for part in header.split(","):
        name, _, value = part.strip().partition("=")
        if name == "t":
            times.append(value)
        # Stripe asks receivers to ignore other schemes, to prevent downgrade attacks
        # (https://docs.stripe.com/webhooks#verify-manually).
        elif name == "v1":
            signatures.append(value)
    # Exactly one: with two times, the signed and the checked one could differ.
    if len(times) != 1 or not (times[0].isascii() and times[0].isdigit()) or len(times[0]) > 12:
        raise BadSignature("The signature header has no time.", code="signature_malformed")
    if not signatures:
        raise BadSignature("The signature header has no v1.", code="signature_malformed")
    return _Header(timestamp_s=int(times[0]), signatures=tuple(signatures))


def verify(
    body: bytes,
    header: str | None,
    secrets: Sequence[str],
    *,
    now_s: int,
    tolerance_s: int = TOLERANCE_S,
) -> None:
    """Check the header against the raw body, or raise BadSignature.

    Any `v1` under any secret is enough. Times more than `tolerance_s` away, in either direction,
    are refused. The signature is compared before the time, so that only a sender who knows the
    secret learns that a signature is stale.
    """
    if not header:
        raise BadSignature("There is no signature.", code="signature_missing")
    parsed = _parse(header)
    expected = [_digest(body, secret, parsed.timestamp_s).encode() for secret in secrets]
    received = [signature.encode() for signature in parsed.signatures]
    # All pairs are compared, so that the time it takes does not reveal which secret matched.
    matches = [hmac.compare_digest(left, right) for left in expected for right in received]
    if not any(matches):
        raise BadSignature("No signature fits the body.", code="signature_mismatch")
    if abs(now_s - parsed.timestamp_s) > tolerance_s:
        raise BadSignature("The signature is too old or too new.", code="signature_stale")
