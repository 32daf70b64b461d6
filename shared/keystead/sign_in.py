"""Browser sign-in as values: the authorization URL, its response, and token requests.

An authorization code with PKCE and a loopback redirect (RFC 8252, RFC 7636). Pure; the random
verifier and state are passed in.
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
#: The characters of an error code (RFC 6749 §4.1.2.1).
_ERROR = re.compile(r"[\x20-\x21\x23-\x5b\x5d-\x7e]{1,100}")
_DENIED = "access_denied"


class AuthorizationServer(msgspec.Struct, frozen=True, kw_only=True):
    """An authorization server: its endpoints (RFC 6749 §3) and our client id.

    ``revoke`` is where tokens are revoked (RFC 7009), None where it has no such endpoint.
    """

    authorize: str
    token: str
    client_id: str
    revoke: str | None = None


class SignInAttempt(msgspec.Struct, frozen=True, kw_only=True):
    """One sign-in attempt. ``verifier`` and ``state`` are secret until it ends."""

    verifier: str
    state: str
    redirect_uri: str


class AuthorizationResponse(msgspec.Struct, frozen=True):
    """The result of a redirect: an authorization code as ``grant``, or an error ``code``."""

    grant: str | None = None
    code: str | None = None


def authorization_url(server: AuthorizationServer, attempt: SignInAttempt) -> str:
    """The URL to open in the browser (RFC 6749 §4.1.1, RFC 7636 §4.3)."""
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
    """Return the authorization response in a redirect's query; None where its state is not ours.

    A request without our state was not caused by this attempt (RFC 6749 §10.12).
    """
    # Any program on this machine can send a request to the loopback port.
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
    """Return the token request for an authorization code (RFC 6749 §4.1.3, RFC 7636 §4.5)."""
    return _form(
        grant_type="authorization_code",
        code=grant,
        redirect_uri=attempt.redirect_uri,
        client_id=server.client_id,
        code_verifier=attempt.verifier,
    )


def refresh_form(server: AuthorizationServer, refresh_token: str) -> bytes:
    """Return the token request for a refresh token (RFC 6749 §6)."""
    return _form(
        grant_type="refresh_token", refresh_token=refresh_token, client_id=server.client_id
    )


def revocation_form(server: AuthorizationServer, refresh_token: str) -> bytes:
    """Return the revocation request for a refresh token (RFC 7009 §2.1)."""
    return _form(token=refresh_token, token_type_hint="refresh_token", client_id=server.client_id)


class SessionIdentity(msgspec.Struct, frozen=True):
    """The person, and the organisation, tenant or account; None where a claim is missing."""

    subject: str | None = None
    account: str | None = None


def session_identity(access_token: str, billing_api: str) -> SessionIdentity:
    """Return the identity in an access token (specification §8.1), for display and later requests.

    The token is not verified, because only its server has the key. Nothing is decided by it here.
    """
    parts = access_token.split(".")
    try:
        # JWTs have no base64 padding, which Python's decoder requires.
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
    # A parameter must not be repeated (RFC 6749 §3.1).
    return found[0] if len(found) == 1 else None


def _name(value: Any) -> str | None:
    fits = isinstance(value, str) and 0 < len(value) <= 200 and value.isprintable()
    return value if fits else None
