"""Sign-in at a billing API: an authorization code with PKCE (RFC 8252, RFC 7636)."""

from __future__ import annotations

from hashlib import sha256

import msgspec

from keystead.encoding import b64u_encode

#: The endpoints of the stub's authorization server. A profile configures those of a real backend.
AUTHORIZE = "/_stub/sign-in"
TOKEN = "/_stub/sign-in/token"
REVOKE = "/_stub/sign-in/revoke"
#: Identifies the program without authenticating it: native apps have no secret (RFC 8252 §8.4).
CLIENT_ID = "keystead"

#: The access token's claim with the account that a session acts for (specification §8.1).
ACCOUNT_CLAIMS = {
    "crow": "organizationId",
    "mission-control": "tenantId",
    "stripe-integration": "tenantId",
    "dashclicks": "accountId",
}


class Tokens(msgspec.Struct, frozen=True, kw_only=True):
    """A successful token response (RFC 6749 §5.1); ``expires_in`` in seconds."""

    access_token: str
    token_type: str
    expires_in: int
    refresh_token: str | None = None


class TokenError(msgspec.Struct, frozen=True):
    """A token error response (RFC 6749 §5.2)."""

    error: str


def challenge_of(verifier: str) -> str:
    """Return the S256 code challenge of a code verifier (RFC 7636 §4.2)."""
    return b64u_encode(sha256(verifier.encode()).digest())
