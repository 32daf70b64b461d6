"""The stub's authorization server: authorization codes with PKCE, and rotating refresh tokens.

As in RFC 8252 for native apps, the redirect goes to a loopback address with any port. A code is
bound to a challenge (RFC 7636, S256 only), short-lived and used once. A refresh token is replaced
at each use, and using one twice revokes everything from its sign-in (RFC 9700 §4.14.2).
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Callable
from hashlib import sha256
from urllib.parse import urlencode, urlsplit

import msgspec
import sqlalchemy as sa

from keystead.encoding import b64u_encode
from keystead.errors import KeysteadError
from keystead.instants import DAY_MS, MINUTE_MS, to_seconds
from keystead.wire.sign_in import ACCOUNT_CLAIMS, CLIENT_ID, Tokens, challenge_of
from keystead_stub.auth.context import AuthContext
from keystead_stub.auth.sessions import Session, issue_session, issuer_of, secret_of
from keystead_stub.http.return_urls import is_loopback_redirect
from keystead_stub.store import accounts, grants
from keystead_stub.store.account_ids import Account
from keystead_stub.store.grants import Grant

#: RFC 6749 §4.1.2 recommends at most ten minutes; the browser's redirect takes seconds.
CODE_LASTS_MS = MINUTE_MS
#: Short, because a session is not stored and so cannot be revoked.
SESSION_LASTS_S = 3600
REFRESH_LASTS_MS = 90 * DAY_MS

#: A session is a JWT; refresh tokens contain no dots.
_SESSION_DOTS = 2
#: 43 characters are a SHA-256 digest in base64url (RFC 7636 §4.2); verifiers are of §4.1.
_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")
_VERIFIER = re.compile(r"[A-Za-z0-9._~-]{43,128}")


class OAuthRefused(KeysteadError):
    """An error of RFC 6749 §4.1.2.1 or §5.2, with the RFC's code."""


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """A valid authorization request, so that its `redirect_uri` can be redirected to."""

    api: str
    redirect_uri: str
    challenge: str
    state: str | None


def read_request(query: dict[str, str]) -> Request:
    """Validate an authorization request.

    Raises OAuthRefused, which must not be redirected: the redirect address itself may be wrong.
    """
    redirect_uri = query.get("redirect_uri", "")
    if not is_loopback_redirect(redirect_uri):
        raise OAuthRefused(
            "redirect_uri must be a loopback address with a port.", code="invalid_request"
        )
    if query.get("client_id") != CLIENT_ID:
        raise OAuthRefused("Unknown client_id.", code="unauthorized_client")
    if query.get("response_type") != "code":
        raise OAuthRefused("response_type must be code.", code="unsupported_response_type")
    challenge = query.get("code_challenge", "")
    if query.get("code_challenge_method") != "S256" or not _CHALLENGE.fullmatch(challenge):
        raise OAuthRefused("code_challenge with method S256 is required.", code="invalid_request")
    api = query.get("api", "")
    if api not in ACCOUNT_CLAIMS:
        raise OAuthRefused("No such billing API.", code="invalid_request")
    return Request(
        api=api, redirect_uri=redirect_uri, challenge=challenge, state=query.get("state") or None
    )


def approve(context: AuthContext, request: Request, account_id: str, subject: str) -> str:
    """Grant a code to somebody who signed in, and return the URL to redirect their browser to."""
    code = b64u_encode(context.random(32))
    now_ms = context.stripe_now_ms()
    grant = Grant(
        secret_hash=_hash(code),
        kind="code",
        api=request.api,
        account_id=account_id,
        subject=subject,
        redirect_uri=request.redirect_uri,
        challenge=request.challenge,
        family=b64u_encode(context.random(16)),
        expires_at=now_ms + CODE_LASTS_MS,
    )
    with context.store.write() as connection:
        accounts.ensure_account(context.store, connection, Account(request.api, account_id), now_ms)
        grants.insert(connection, grant)
    return _with_query(request.redirect_uri, code=code, state=request.state)


def deny(request: Request) -> str:
    """Return the redirect for a person who declined (RFC 6749 §4.1.2.1)."""
    return _with_query(request.redirect_uri, error="access_denied", state=request.state)


def redeem(context: AuthContext, form: dict[str, str]) -> Tokens:
    """Return tokens for a code or a refresh token. Raises OAuthRefused."""
    match form.get("grant_type"):
        case "authorization_code":
            return _redeem_code(context, form)
        case "refresh_token":
            return _renew(context, form)
    raise OAuthRefused("Unsupported grant_type.", code="unsupported_grant_type")


def revoke(context: AuthContext, form: dict[str, str]) -> None:
    """Revoke everything from the sign-in that a refresh token belongs to (RFC 7009 §2.1).

    An unknown or used token counts as revoked (§2.2). Raises OAuthRefused where the token is
    missing, or is a session: a session is signed, not stored, and lasts until it expires.
    """
    token = form.get("token", "")
    if form.get("client_id") != CLIENT_ID:
        raise OAuthRefused("Unknown client_id.", code="invalid_client")
    if not token:
        raise OAuthRefused("token is required.", code="invalid_request")
    if token.count(".") == _SESSION_DOTS:
        raise OAuthRefused("Only refresh tokens can be revoked.", code="unsupported_token_type")
    with context.store.write() as connection:
        grant = grants.find(connection, _hash(token), "refresh")
        if grant is not None:
            grants.delete_family(connection, grant.family)


def _redeem_code(context: AuthContext, form: dict[str, str]) -> Tokens:
    def fits(grant: Grant) -> bool:
        verifier = form.get("code_verifier", "")
        return (
            form.get("client_id") == CLIENT_ID
            and form.get("redirect_uri") == grant.redirect_uri
            and bool(_VERIFIER.fullmatch(verifier))
            and hmac.compare_digest(challenge_of(verifier), grant.challenge or "")
        )

    return _exchange(context, form.get("code", ""), "code", fits)


def _renew(context: AuthContext, form: dict[str, str]) -> Tokens:
    return _exchange(context, form.get("refresh_token", ""), "refresh", lambda _grant: True)


def _exchange(
    context: AuthContext, secret: str, kind: grants.Kind, fits: Callable[[Grant], bool]
) -> Tokens:
    now_ms, refresh = context.stripe_now_ms(), b64u_encode(context.random(32))
    with context.store.write() as connection:
        grant = grants.find(connection, _hash(secret), kind)
        # A request that does not fit leaves the grant unused, so that guessing can't use up a code.
        spent = grant is not None and fits(grant) and _use_grant(connection, grant, refresh, now_ms)
    # Raised after the transaction, which must commit the revocation of a family.
    if grant is None or not spent:
        raise OAuthRefused("The grant is invalid, expired or already used.", code="invalid_grant")
    session = Session(api=grant.api, account_id=grant.account_id, subject=grant.subject)
    return Tokens(
        access_token=session_token(context, session),
        token_type="Bearer",
        expires_in=SESSION_LASTS_S,
        refresh_token=refresh,
    )


def _use_grant(connection: sa.Connection, grant: Grant, refresh: str, now_ms: int) -> bool:
    """Use the grant once. A second use revokes the family, because somebody else has the secret."""
    if grant.expires_at <= now_ms:
        return False
    if not grants.mark_used(connection, grant, now_ms):
        grants.delete_family(connection, grant.family)
        return False
    renewed = msgspec.structs.replace(
        grant,
        secret_hash=_hash(refresh),
        kind="refresh",
        redirect_uri=None,
        challenge=None,
        expires_at=now_ms + REFRESH_LASTS_MS,
    )
    grants.insert(connection, renewed)
    return True


def session_token(context: AuthContext, session: Session, lasts_s: int = SESSION_LASTS_S) -> str:
    """Return a session at the billing API, valid for that many seconds from now."""
    return issue_session(
        session,
        secret_of(context.settings, session.api),
        now_s=to_seconds(context.now_ms()),
        lasts_s=lasts_s,
        issuer=issuer_of(context.settings, session.api),
    )


def _hash(secret: str) -> str:
    # Only hashes are stored, so that no token can be read from the database.
    return sha256(secret.encode()).hexdigest()


def _with_query(url: str, **values: str | None) -> str:
    query = urlencode({name: value for name, value in values.items() if value is not None})
    return f"{url}{'&' if urlsplit(url).query else '?'}{query}"
