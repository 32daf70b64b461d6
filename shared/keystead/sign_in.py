"""Signing in by the browser, as values: where to send it, and what it brings back.

A code with PKCE at a loopback redirect (RFC 8252, RFC 7636). Pure; the verifier and the state are
random, and passed in.
"""

from __future__ import annotations

import re
from base64 import urlsafe_b64decode
from binascii import Error as NotBase64
from hmac import compare_digest
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import msgspec

from keystead.wire.sign_in import ACCOUNT_CLAIMS, challenge_of

#: Bytes of randomness in a verifier and in a state (RFC 7636 §7.1).
SECRET_BYTES = 32
_ERROR = re.compile(r"[\x20-\x21\x23-\x5b\x5d-\x7e]{1,100}")
_DENIED = "access_denied"


class AuthorizationServer(msgspec.Struct, frozen=True, kw_only=True):
    """An authorization server: its endpoints (RFC 6749 §3), and who we are to it.

    ``revoke`` is where tokens are revoked (RFC 7009), None where it has no such endpoint.
    """

    authorize: str
    token: str
    client_id: str
    revoke: str | None = None


class SignInAttempt(msgspec.Struct, frozen=True, kw_only=True):
    """One sign-in that was begun. ``verifier`` and ``state`` are secret until it ends."""

    verifier: str
    state: str
    redirect_uri: str


class AuthorizationResponse(msgspec.Struct, frozen=True):
    """What a browser brought: the server's code, a grant, or our ``code`` for why not."""

    grant: str | None = None
    code: str | None = None


def authorization_url(server: AuthorizationServer, attempt: SignInAttempt) -> str:
    """Where the browser is sent (RFC 6749 §4.1.1, RFC 7636 §4.3)."""
    query = urlencode(
        {
            "response_type": "code",
            "client_id": server.client_id,
            "redirect_uri": attempt.redirect_uri,
            "code_challenge": challenge_of(attempt.verifier),
            "code_challenge_method": "S256",
            "state": attempt.state,
        }
    )
    return f"{server.authorize}{'&' if urlsplit(server.authorize).query else '?'}{query}"


def parse_authorization_response(
    query: str, attempt: SignInAttempt
) -> AuthorizationResponse | None:
    """What the query says that somebody landed with; None where it is none of this attempt.

    Whoever does not know the state was not sent by us (RFC 6749 §10.12).
    """
    given = parse_qs(query, keep_blank_values=True, max_num_fields=20)
    state = _one(given, "state")
    if state is None or not compare_digest(state.encode(), attempt.state.encode()):
        return None
    error, grant = _one(given, "error"), _one(given, "code")
    if error is not None and _ERROR.fullmatch(error):
        return AuthorizationResponse(
            code="sign_in_denied" if error == _DENIED else "sign_in_failed"
        )
    return (
        AuthorizationResponse(grant=grant)
        if grant
        else AuthorizationResponse(code="sign_in_failed")
    )


def authorization_code_form(
    server: AuthorizationServer, attempt: SignInAttempt, grant: str
) -> bytes:
    """The body that gets tokens for a code (RFC 6749 §4.1.3, RFC 7636 §4.5)."""
    return _form(
        grant_type="authorization_code",
        code=grant,
        redirect_uri=attempt.redirect_uri,
        client_id=server.client_id,
        code_verifier=attempt.verifier,
    )


def refresh_form(server: AuthorizationServer, refresh_token: str) -> bytes:
    """The body that gets tokens for a refresh token (RFC 6749 §6)."""
    return _form(
        grant_type="refresh_token", refresh_token=refresh_token, client_id=server.client_id
    )


def revocation_form(server: AuthorizationServer, refresh_token: str) -> bytes:
    """The body that ends all that came of one sign-in (RFC 7009 §2.1)."""
    return _form(token=refresh_token, token_type_hint="refresh_token", client_id=server.client_id)


class SessionIdentity(msgspec.Struct, frozen=True):
    """Who signed in, and for which organisation, tenant or account; None where it is not told."""

    subject: str | None = None
    account: str | None = None


def session_identity(access_token: str, billing_api: str) -> SessionIdentity:
    """What a session says of itself (contract §3b), to be shown and to be named back to its server.

    It is not verified, because its key is the server's; nothing is decided by it here.
    """
    parts = access_token.split(".")
    try:
        padded = parts[1] + "=" * (-len(parts[1]) % 4)
        claims = msgspec.json.decode(urlsafe_b64decode(padded), type=dict[str, Any])
    except (IndexError, NotBase64, ValueError, msgspec.MsgspecError):
        return SessionIdentity()
    return SessionIdentity(
        _name(claims.get("sub")), _name(claims.get(ACCOUNT_CLAIMS.get(billing_api, "")))
    )


def _form(**fields: str) -> bytes:
    return urlencode(fields).encode("ascii")


def _one(given: dict[str, list[str]], name: str) -> str | None:
    found = given.get(name, [])
    return found[0] if len(found) == 1 else None


def _name(value: Any) -> str | None:
    fits = isinstance(value, str) and 0 < len(value) <= 200 and value.isprintable()
    return value if fits else None
