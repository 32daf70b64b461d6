"""The signed-in session: its transitions, and when it is due for renewal. Pure."""

from __future__ import annotations

from typing import assert_never

import msgspec

from keystead.instants import MINUTE_MS, to_ms
from keystead.sign_in import session_identity
from keystead.wire.sign_in import Tokens
from keystead_daemon.effects import Effect, Save
from keystead_daemon.events import (
    SignedIn,
    SignedOut,
    SignInEvent,
    SignInFailed,
    SignInStarted,
)
from keystead_daemon.state import Session, State

#: A token that ends within this may have ended when the request arrives.
RENEWED_BEFORE_MS = MINUTE_MS
#: Longest lifetime of a token in seconds that is believed.
_LONGEST_S = 366 * 86_400

_replace = msgspec.structs.replace


def apply(state: State, event: SignInEvent) -> tuple[State, tuple[Effect, ...]]:
    """Return the next state, and the effects to carry out."""
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
        case _:
            assert_never(event)


def session_of(tokens: Tokens, before: Session | None, billing_api: str, now_ms: int) -> Session:
    """Return the session of tokens that were received at the trusted time ``now_ms``.

    A server that keeps the refresh token does not send it again (RFC 6749 §6), so the one of the
    session ``before`` stays.
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
    """Return whether the access token has to be renewed before its next use, and can be."""
    return session.refresh_token is not None and now_ms >= session.ends_at - RENEWED_BEFORE_MS


def _with(state: State, session: Session | None) -> State:
    return _replace(state, persisted=_replace(state.persisted, session=session))
