"""Who is signed in: what becomes of a session, and when it is due to be renewed. Pure."""

from __future__ import annotations

import msgspec

from keystead.instants import MINUTE_MS, to_ms
from keystead.sign_in import session_identity
from keystead.wire.sign_in import Tokens
from keystead_daemon.effects import Effect, Save
from keystead_daemon.events import SignedIn, SignedOut, SignInFailed, SignInStarted
from keystead_daemon.state import Session, State

#: A token that ends this soon may have ended when it arrives.
RENEWED_BEFORE_MS = MINUTE_MS
#: Seconds that a token is taken to last at most, whatever its server says.
_LONGEST_S = 366 * 86_400

_replace = msgspec.structs.replace


def apply(
    state: State, event: SignInStarted | SignedIn | SignedOut | SignInFailed
) -> tuple[State, tuple[Effect, ...]]:
    """What has become true by ``event``, and what is to be done about it."""
    match event:
        case SignInStarted():
            return _replace(state, sign_in_open=True, sign_in_error=None), ()
        case SignInFailed():
            return _replace(state, sign_in_open=False, sign_in_error=event.code), ()
        case SignedIn():
            state = _replace(state, sign_in_open=False, sign_in_error=None)
            return _with(state, event.session), (Save(),)
        case SignedOut():
            return _with(_replace(state, sign_in_error=event.code), None), (Save(),)


def session_of(tokens: Tokens, before: Session | None, billing_api: str, now_ms: int) -> Session:
    """The session that tokens are, received at the trusted time ``now_ms``.

    A server may leave the refresh token as it is, and then does not send it (RFC 6749 §6).
    """
    who = session_identity(tokens.access_token, billing_api)
    lasts_s = min(max(tokens.expires_in, 0), _LONGEST_S)
    return Session(
        access_token=tokens.access_token,
        refresh_token=tokens.refresh_token or (before.refresh_token if before else None),
        ends_at=now_ms + to_ms(lasts_s),
        subject=who.subject,
        account=who.account,
    )


def is_due(session: Session, now_ms: int) -> bool:
    """Whether the access token is to be renewed before it is used, if it can be."""
    return session.refresh_token is not None and now_ms >= session.ends_at - RENEWED_BEFORE_MS


def _with(state: State, session: Session | None) -> State:
    return _replace(state, persisted=_replace(state.persisted, session=session))
