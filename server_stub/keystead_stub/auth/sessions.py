"""Sessions of people signed in at a billing API (specification §8.1): HS256 JWTs. Pure.

Each billing API has a secret of its own, so that a session at one isn't valid at another.
"""

from __future__ import annotations

from typing import Any

import jwt
import msgspec

from keystead.documents import MAX_SECONDS
from keystead.errors import InvalidDocument
from keystead.wire.sign_in import ACCOUNT_CLAIMS
from keystead_stub.settings import Settings
from keystead_stub.store.account_ids import is_name

_ALGORITHM = "HS256"

_SECRETS = {
    "crow": "better_auth_secret",
    "mission-control": "mission_control_jwt_secret",
    "stripe-integration": "stripe_integration_jwt_secret",
    "dashclicks": "dashclicks_jwt_secret",
}


# Times are checked here, because the library would use the machine's clock.
_BY_SIGNATURE: Any = {
    f"verify_{claim}": False for claim in ("exp", "nbf", "iat", "aud", "iss", "sub", "jti")
}


class Session(msgspec.Struct, frozen=True, kw_only=True):
    """A signed-in `subject` who acts for an organisation, tenant or account (`account_id`)."""

    api: str
    account_id: str
    subject: str


def secret_of(settings: Settings, api: str) -> str:
    """Return the secret that signs sessions at this billing API."""
    secret: str = getattr(settings, _SECRETS[api])
    return secret


def issuer_of(settings: Settings, api: str) -> str | None:
    """Return who issues sessions at this billing API, null where nobody in particular does."""
    return (settings.auth_service_url or None) if api == "crow" else None


def issue_session(
    session: Session, secret: str, *, now_s: int, lasts_s: int, issuer: str | None = None
) -> str:
    """Return the session as a compact JWT that expires in `lasts_s` seconds."""
    claims = {
        **({"iss": issuer} if issuer else {}),
        "sub": session.subject,
        ACCOUNT_CLAIMS[session.api]: session.account_id,
        "iat": now_s,
        "exp": now_s + lasts_s,
    }
    return jwt.encode(claims, secret, algorithm=_ALGORITHM)


def read_session(
    compact: str, api: str, secret: str, *, now_s: int, issuer: str | None = None
) -> Session:
    """Verify a session of this billing API, which may not name another issuer than `issuer`.

    Raises InvalidDocument (``invalid_session``), which doesn't say what was wrong.
    """
    try:
        # One fixed algorithm, or the token could choose a weaker one itself (RFC 8725 §3.1).
        claims = jwt.decode(compact, secret, algorithms=[_ALGORITHM], options=_BY_SIGNATURE)
    except jwt.PyJWTError:
        # Fails below like a session without an account, with the same error.
        claims = {}
    account_id, subject = claims.get(ACCOUNT_CLAIMS[api]), claims.get("sub")
    known = issuer is None or claims.get("iss", issuer) == issuer
    if not known or not is_name(account_id) or not is_name(subject) or not _holds(claims, now_s):
        raise InvalidDocument("Invalid session.", code="invalid_session")
    return Session(api=api, account_id=account_id, subject=subject)


def _holds(claims: dict[str, Any], now_s: int) -> bool:
    # `exp` is required and has a largest value: a session can't be revoked, so each one must end.
    # JSON as Python reads it knows Infinity, and numbers that no calendar has.
    match claims.get("nbf", 0), claims.get("exp"):
        case ((int() | float() as begins_s), (int() | float() as ends_s)):
            return bool(0 <= begins_s <= now_s < ends_s <= MAX_SECONDS)
    return False
