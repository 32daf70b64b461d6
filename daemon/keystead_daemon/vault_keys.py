"""Loading the device key and the vault key: the transitions of the state. Pure."""

from __future__ import annotations

from typing import assert_never

import msgspec

from keystead import hints
from keystead.device_statement import COPIED
from keystead_daemon import due_times, evidence, retry
from keystead_daemon.effects import Effect, OpenKeys, Save, SetLicenseAside
from keystead_daemon.events import KeysOpened, KeysRequested, KeysUnavailable, Moment
from keystead_daemon.state import Failure, State

_replace = msgspec.structs.replace


def apply(
    state: State, event: KeysRequested | KeysOpened | KeysUnavailable, moment: Moment
) -> tuple[State, tuple[Effect, ...]]:
    """Return the next state, and the effects to carry out."""
    match event:
        case KeysRequested():
            return (state, ()) if state.opening_keys else open_keys(state, renew=event.renew)
        case KeysOpened():
            return _opened(state, event, moment)
        case KeysUnavailable():
            return _unavailable(state, event, moment), ()
        case _:
            assert_never(event)


def open_keys(state: State, *, renew: bool) -> tuple[State, tuple[Effect, ...]]:
    """Start loading the keys; with ``renew`` lost ones are replaced."""
    return _replace(state, opening_keys=True), (OpenKeys(renew),)


def _opened(state: State, event: KeysOpened, moment: Moment) -> tuple[State, tuple[Effect, ...]]:
    before, state = state, evidence.merge_vault(state, event, moment)
    new_hints = frozenset({hints.VAULT_UNREADABLE} if event.vault_set_aside else ())
    state = _replace(
        state,
        ready=True,
        opening_keys=False,
        vault_error=None,
        hints=state.hints | new_hints,
        refresh_due=None,
    )
    state = due_times.due_now(state, moment)
    # A refused file that the vault's license replaces is renamed and not overwritten.
    refused_file = before.refused is not None and before.license_file != state.persisted.license
    aside = (SetLicenseAside(),) if refused_file and state.license is not None else ()
    return state, (*aside, Save())


def _unavailable(state: State, event: KeysUnavailable, moment: Moment) -> State:
    count = state.vault_error.count + 1 if state.vault_error is not None else 1
    error = Failure(event.code, event.sentence, False, count, event.values)
    wait_ms = retry.urgent_backoff(count, moment.chance)
    if event.locked:
        # Each attempt may show a password prompt, which a background process must not repeat.
        wait_ms = retry.background_retry(count, None, moment.chance)
    if event.code == COPIED and state.license is None:
        state = _replace(state, refused=COPIED)
    state = _replace(state, opening_keys=False, vault_error=error, user_waiting=False)
    return _replace(state, refresh_due=due_times.due_after(state, moment, wait_ms))
