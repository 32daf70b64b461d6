"""Signing in at a billing API through the browser: a code with PKCE, by RFC 8252 and RFC 7636."""

from __future__ import annotations

from hashlib import sha256

import msgspec

from keystead.encoding import b64u_encode

#: Where the stub's authorization server is; a real backend's is named in the profile.
AUTHORIZE = "/_stub/sign-in"
TOKEN = "/_stub/sign-in/token"
REVOKE = "/_stub/sign-in/revoke"
#: Native apps have no secret: this names the program, and proves nothing (RFC 8252 §8.4).
CLIENT_ID = "keystead"

#: The claim of a session that names whom it acts for, by billing API (contract §3b).
ACCOUNT_CLAIMS = {
    "crow": "organizationId",
    "mission-control": "tenantId",
    "stripe-integration": "tenantId",
    "dashclicks": "accountId",
}


class Tokens(msgspec.Struct, frozen=True, kw_only=True):
    """A token answer (RFC 6749 §5.1); ``expires_in`` in seconds."""

    access_token: str
    token_type: str
    expires_in: int
    refresh_token: str | None = None


class TokenError(msgspec.Struct, frozen=True):
    """Why there are none (RFC 6749 §5.2)."""

    error: str


def challenge_of(verifier: str) -> str:
    """The challenge for a verifier (RFC 7636 §4.2, S256)."""
    return b64u_encode(sha256(verifier.encode()).digest())
