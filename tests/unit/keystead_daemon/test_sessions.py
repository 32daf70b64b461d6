"""Sign-in sessions: the state after each event, and when a renewal is due."""

from __future__ import annotations

import msgspec
import pytest

from keystead.encoding import b64u_encode
from keystead.keys import KeySet
from keystead.wire.sign_in import Tokens
from keystead_daemon.effects import Save
from keystead_daemon.events import SignedIn, SignedOut, SignInFailed, SignInStarted
from keystead_daemon.sessions import RENEWED_BEFORE_MS, apply, is_due, session_of
from keystead_daemon.state import ProductConfig, Session, State

STATE = State(config=ProductConfig("nyra", KeySet([])))
SESSION = Session(access_token="a", refresh_token="r", ends_at=1_000_000)
TOKENS = Tokens(access_token="b", token_type="Bearer", expires_in=3600)


def test_a_new_sign_in_attempt_does_not_end_the_session() -> None:
    state, effects = apply(STATE, SignedIn(SESSION))
    assert (state.persisted.session, effects) == (SESSION, (Save(),))
    state, effects = apply(state, SignInStarted())
    assert (state.persisted.session, state.sign_in_open, effects) == (SESSION, True, ())
    state, _ = apply(state, SignInFailed("sign_in_denied"))
    assert (state.persisted.session, state.sign_in_open, state.sign_in_error) == (
        SESSION,
        False,
        "sign_in_denied",
    )


def test_signing_out_deletes_the_session() -> None:
    state, effects = apply(apply(STATE, SignedIn(SESSION))[0], SignedOut("session_ended"))
    assert (state.persisted.session, state.sign_in_error, effects) == (
        None,
        "session_ended",
        (Save(),),
    )
    assert apply(state, SignInStarted())[0].sign_in_error is None


def test_the_refresh_token_is_kept_if_the_server_sends_no_new_one() -> None:
    renewed = session_of(TOKENS, SESSION, "crow", 5_000)
    assert (renewed.access_token, renewed.refresh_token, renewed.ends_at) == ("b", "r", 3_605_000)
    rotated = msgspec.structs.replace(TOKENS, refresh_token="s")
    assert session_of(rotated, SESSION, "crow", 0).refresh_token == "s"
    assert session_of(TOKENS, None, "crow", 0).refresh_token is None


def test_a_session_with_a_refresh_token_is_renewed_before_it_ends() -> None:
    assert not is_due(SESSION, SESSION.ends_at - RENEWED_BEFORE_MS - 1)
    assert is_due(SESSION, SESSION.ends_at - RENEWED_BEFORE_MS)
    assert not is_due(msgspec.structs.replace(SESSION, refresh_token=None), SESSION.ends_at)


def test_a_session_has_person_and_account_of_its_access_token() -> None:
    claims = b64u_encode(b'{"sub":"Ada","organizationId":"acme","tenantId":"t"}')
    tokens = msgspec.structs.replace(TOKENS, access_token=f"h.{claims}.s")
    crow = session_of(tokens, None, "crow", 0)
    assert (crow.subject, crow.account) == ("Ada", "acme")
    assert session_of(tokens, None, "mission-control", 0).account == "t"


@pytest.mark.parametrize(
    ("expires_in", "lasts_ms"), [(-5, 0), (0, 0), (1, 1_000), (10**9, 366 * 86_400_000)]
)
def test_the_lifetime_of_a_session_is_between_zero_and_a_year(
    expires_in: int, lasts_ms: int
) -> None:
    tokens = msgspec.structs.replace(TOKENS, expires_in=expires_in)
    assert session_of(tokens, None, "crow", 7).ends_at == 7 + lasts_ms


def test_signing_in_ends_the_attempt_and_its_error() -> None:
    waiting = msgspec.structs.replace(STATE, sign_in_open=True, sign_in_error="sign_in_failed")
    state, _ = apply(waiting, SignedIn(SESSION))
    assert (state.sign_in_open, state.sign_in_error) == (False, None)
