"""DPoP proofs of possession (RFC 9449): signing by the device, and verification by the server.

A proof is a JWS by the device's key over method, URL and time of one request. The time is an
argument: the daemon's trusted time, or the backend's clock. A nonce from the backend replaces the
time where the two differ (RFC 9449 §8).
"""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256
from urllib.parse import urlsplit

import msgspec

from keystead import jose
from keystead.encoding import Integer, b64u_encode
from keystead.errors import InvalidDocument
from keystead.keys import PublicKey, SigningKey

PROOF_TYP = "dpop+jwt"
#: Seconds by which a proof's ``iat`` may differ from the checker's clock (specification §7.3).
TOLERANCE_S = 300

_DEFAULT_PORTS = {"http": 80, "https": 443}


class Claims(msgspec.Struct, frozen=True, omit_defaults=True):
    """A proof's claims (RFC 9449 §4.2); ``iat`` in seconds."""

    htm: str
    htu: str
    iat: Integer
    jti: str
    ath: str | None = None
    nonce: str | None = None


class Proof(msgspec.Struct, frozen=True):
    """A valid proof, provided that the checker has not seen its ``jti`` before."""

    key: PublicKey
    jti: str
    iat: int
    nonce: str | None

    @property
    def thumbprint(self) -> str:
        """The RFC 7638 thumbprint of the signing key, which is the device id."""
        return self.key.kid


def make_proof(
    key: SigningKey,
    *,
    method: str,
    url: str,
    iat: int,
    jti: str,
    token: str | None = None,
    nonce: str | None = None,
) -> str:
    """Sign a proof for one request; with ``token`` it is bound to that access token by ``ath``."""
    claims = Claims(method, target(url), iat, jti, access_token_hash(token), nonce)
    return jose.sign(msgspec.json.encode(claims), key, PROOF_TYP, embed_jwk=True)


def check_proof(
    compact: str,
    *,
    method: str,
    url: str,
    now_s: int,
    token: str | None,
    accepts_nonce: Callable[[str], bool] | None = None,
) -> Proof:
    """Verify a proof for this request at ``now_s`` (seconds).

    ``token`` is the request's access token, None if it has none. ``accepts_nonce`` returns whether
    the server issued a nonce; with such a nonce ``iat`` is not checked. Raises InvalidDocument
    (``invalid_proof``, ``stale_proof``, or a code of `keystead.jose`).
    """
    key, claims = _read(compact)
    if claims.htm != method:
        raise _invalid("another method")
    if target(claims.htu) != target(url):
        raise _invalid("another URL")
    if claims.ath != access_token_hash(token):
        raise _invalid("another access token")
    # The server stores each jti to detect replays, so its length is limited.
    if not claims.jti or len(claims.jti) > 128:
        raise _invalid("an invalid jti")
    # A recent nonce proves that the proof is new, whatever the device's clock says.
    vouched = bool(claims.nonce and accepts_nonce and accepts_nonce(claims.nonce))
    if not vouched and abs(claims.iat - now_s) > TOLERANCE_S:
        raise InvalidDocument("The proof's time differs from the server's.", code="stale_proof")
    return Proof(key, claims.jti, claims.iat, claims.nonce)


def access_token_hash(token: str | None) -> str | None:
    """``ath``: the base64url SHA-256 of the token's ASCII text (RFC 9449 §4.2)."""
    return None if token is None else b64u_encode(sha256(token.encode("ascii")).digest())


def target(url: str) -> str:
    """Normalise a URL for ``htu``, without query and fragment (RFC 3986 §6.2.2).

    Raises InvalidDocument (``invalid_proof``) if it is not an absolute URL.
    """
    try:
        parts = urlsplit(url)
        port, host = parts.port, parts.hostname
    except ValueError:
        raise _invalid("an invalid URL") from None
    if not host or parts.scheme not in _DEFAULT_PORTS:
        raise _invalid("an invalid URL")
    # `urlsplit` removes the brackets of an IPv6 address.
    bracketed = f"[{host}]" if ":" in host else host
    default = port is None or port == _DEFAULT_PORTS[parts.scheme]
    return f"{parts.scheme}://{bracketed}{'' if default else f':{port}'}{parts.path or '/'}"


def _read(compact: str) -> tuple[PublicKey, Claims]:
    key, payload = jose.verify_self_signed(compact, PROOF_TYP)
    return key, jose.read_claims(payload, Claims)


def _invalid(why: str) -> InvalidDocument:
    return InvalidDocument(f"The proof of possession is invalid: {why}.", code="invalid_proof")
