"""Who is signed in at a billing API: the session of contract §3b, an HS256 JWT. Pure.

Each billing API has a secret of its own, so that a session at one is none at another.
"""

from __future__ import annotations

from typing import Any

import jwt
import msgspec

from keystead.errors import InvalidDocument
from keystead.wire.sign_in import ACCOUNT_CLAIMS
from keystead_stub.settings import Settings

_ALGORITHM = "HS256"

_SECRETS = {
    "crow": "better_auth_secret",
    "mission-control": "mission_control_jwt_secret",
    "stripe-integration": "stripe_integration_jwt_secret",
    "dashclicks": "dashclicks_jwt_secret",
}


# Times are judged here: the library would take the machine's clock for them.
_BY_SIGNATURE: Any = {
    f"verify_{claim}": False for claim in ("exp", "nbf", "iat", "aud", "iss", "sub", "jti")
}


class Session(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody (`subject`) who acts for an organisation, tenant or account (`account_id`)."""

    api: str
    account_id: str
    subject: str


def secret_of(settings: Settings, api: str) -> str:
    """The secret that sessions at this billing API are signed with."""
    secret: str = getattr(settings, _SECRETS[api])
    return secret


def issue_session(session: Session, secret: str, *, now_s: int, lasts_s: int) -> str:
    """The session as a compact JWT that ends `lasts_s` seconds from now."""
    claims = {
        "sub": session.subject,
        ACCOUNT_CLAIMS[session.api]: session.account_id,
        "iat": now_s,
        "exp": now_s + lasts_s,
    }
    return jwt.encode(claims, secret, algorithm=_ALGORITHM)


def read_session(compact: str, api: str, secret: str, *, now_s: int) -> Session:
    """The session of this billing API, if its secret signed it and it has not ended.

    Raises InvalidDocument (``invalid_session``), which does not say what was wrong.
    """
    try:
        claims = jwt.decode(compact, secret, algorithms=[_ALGORITHM], options=_BY_SIGNATURE)
    except jwt.PyJWTError:
        claims = {}
    account_id, subject = _name(claims.get(ACCOUNT_CLAIMS[api])), _name(claims.get("sub"))
    if account_id is None or subject is None or not _holds(claims, now_s):
        raise InvalidDocument("This is no session here.", code="invalid_session")
    return Session(api=api, account_id=account_id, subject=subject)


def _name(value: Any) -> str | None:
    fits = isinstance(value, str) and 0 < len(value) <= 200 and value.isprintable()
    return value if fits else None


def _holds(claims: dict[str, Any], now_s: int) -> bool:
    match claims.get("nbf", 0), claims.get("exp"):
        case ((int() | float() as begins_s), (int() | float() as ends_s)):
            return bool(begins_s <= now_s < ends_s)
    return False
