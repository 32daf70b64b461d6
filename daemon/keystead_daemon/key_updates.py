"""Key manifests: when one is requested, and what follows from it. Pure.

Without root keys in the profile nothing here happens. With them the manifest is requested at the
start, once a day, and when an answer is signed by a key that is not known. In the last case the
answer is held: it counts, or is refused, once the manifest is there.

Nobody can make a device request manifests endlessly by signing with unknown keys: after each
request that did not help, the next one of this kind has to wait, from a minute up to an hour.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from keystead.documents import KEYS_TYP
from keystead.errors import InvalidDocument
from keystead.instants import DAY_MS, HOUR_MS, MINUTE_MS, to_ms
from keystead.jose import peek_header
from keystead.key_manifest import verify_key_manifest
from keystead.trust import accept_license, verify_license
from keystead.trusted_time import nonce_for
from keystead_daemon import due_times
from keystead_daemon.effects import Effect, RequestKeyManifest, Save
from keystead_daemon.events import (
    KeyManifestFailed,
    KeyManifestReceived,
    Moment,
    StatusReceived,
)
from keystead_daemon.state import Failure, KeyUpdates, State, now_of, with_signing_keys

if TYPE_CHECKING:
    from keystead.signing_keys import SigningKeys

#: Longest time between two requests; chance makes it a little shorter.
INTERVAL_MS = DAY_MS
FIRST_WAIT_MS = MINUTE_MS
LONGEST_WAIT_MS = HOUR_MS

_replace = msgspec.structs.replace


def due_at_start(state: State, moment: Moment) -> State:
    """Return the state with the first request due, where the profile has root keys."""
    if state.config.roots is None:
        return state
    return _with(state, due=due_times.due_after(state, moment, 0))


def answer_received(state: State, moment: Moment) -> State:
    """Return the state after the backend answered: a request that failed is due again.

    A failed request is not repeated before, so that it adds nothing to an outage's load.
    """
    failure = state.key_updates.failure
    if failure is None or not failure.unreachable or not _may_repeat(state, moment):
        return state
    return _with(state, due=due_times.due_after(state, moment, 0))


def can_hold(state: State, moment: Moment) -> bool:
    """Return whether an answer by an unknown key may be held for a new manifest."""
    if state.config.roots is None:
        return False
    return state.key_updates.in_flight or _may_repeat(state, moment)


def hold(state: State, event: StatusReceived, moment: Moment) -> State:
    """Return the state that holds an answer and requests the manifest."""
    if state.key_updates.in_flight:
        return _with(state, held=event)
    return _with(state, held=event, due=due_times.due_after(state, moment, 0))


def helped(state: State) -> State:
    """Return the state after the held answer was accepted by the manifest's keys."""
    return _with(state, misses=0, not_before_boot_ms=0)


def start_due_request(state: State, moment: Moment) -> tuple[State, tuple[Effect, ...]]:
    """Request the manifest if that is due."""
    due = state.key_updates.due
    if due is None or due.boot_ms > moment.reading.boot_ms or not _can_request(state):
        return state, ()
    return _with(state, due=None, in_flight=True), (RequestKeyManifest(),)


def next_due_boot_ms(state: State) -> int | None:
    """Return the boot clock's reading at which the next request is due."""
    due = state.key_updates.due
    return due.boot_ms if due is not None and _can_request(state) else None


def apply(
    state: State, event: KeyManifestReceived | KeyManifestFailed, moment: Moment
) -> tuple[State, tuple[Effect, ...]]:
    """Return the state after a request, and the effects to carry out."""
    wait_ms = int(INTERVAL_MS * (1 - 0.1 * moment.chance))
    due = due_times.due_after(state, moment, wait_ms)
    held = state.key_updates.held
    state = _with(state, in_flight=False, due=due, failure=None, held=None)
    if held is not None or isinstance(event, KeyManifestFailed):
        state = _missed(state, moment)
    if isinstance(event, KeyManifestFailed):
        return _with(state, failure=Failure(event.code, event.sentence, unreachable=True)), ()
    if event.manifest is None:
        return state, ()
    return _received(state, event.manifest, held, moment)


def is_manifest(text: str) -> bool:
    """Return whether a document calls itself a key manifest."""
    try:
        return peek_header(text).typ == KEYS_TYP
    except InvalidDocument:
        return False


def accept_import(state: State, text: str, moment: Moment) -> tuple[State, tuple[Effect, ...]]:
    """Accept a manifest that a person imported, on a computer without a network.

    Raises InvalidDocument.
    """
    keys = state.signing_keys.accept(text, now_ms=now_of(state, moment.reading).now_ms)
    state = _with(state, failure=None)
    return _without_revoked_license(with_signing_keys(state, keys), keys, moment), (Save(),)


def _missed(state: State, moment: Moment) -> State:
    """Return the state after a request that may not have helped, with the wait before the next."""
    misses = state.key_updates.misses
    wait_ms = min(FIRST_WAIT_MS << min(misses, 16), LONGEST_WAIT_MS)
    return _with(state, misses=misses + 1, not_before_boot_ms=moment.reading.boot_ms + wait_ms)


def _may_repeat(state: State, moment: Moment) -> bool:
    return moment.reading.boot_ms >= state.key_updates.not_before_boot_ms


def _received(
    state: State, text: str, held: StatusReceived | None, moment: Moment
) -> tuple[State, tuple[Effect, ...]]:
    before = state.signing_keys
    now_ms = now_of(state, moment.reading).now_ms
    try:
        keys = before.accept(text, now_ms=max(now_ms, _proved_ms(state, text, held)))
    except InvalidDocument as error:
        failure = Failure(error.code, error.sentence, unreachable=False)
        return _with(state, failure=failure), ()
    if keys is before:
        return state, ()
    return _without_revoked_license(with_signing_keys(state, keys), keys, moment), (Save(),)


def _proved_ms(state: State, text: str, held: StatusReceived | None) -> int:
    """Return the time that the held answer proves by the manifest's own keys, 0 without one.

    A device whose clock is far behind would take every new manifest for one of the future. An
    answer to its own question, by a key that a root key vouches for, tells it the time.
    """
    license_text = held.status.license if held is not None else None
    if held is None or license_text is None or state.config.roots is None:
        return 0
    try:
        manifest = verify_key_manifest(text, roots=state.config.roots, product=state.config.product)
        license = accept_license(
            license_text,
            keys=manifest.keys,
            product=state.config.product,
            device=state.device_id or "",
            newest=None,
            nonce=nonce_for(held.nonce_opening),
        )
    except InvalidDocument:
        return 0
    return to_ms(license.iat)


def _without_revoked_license(state: State, keys: SigningKeys, moment: Moment) -> State:
    """Return the state without a license by a key that the manifest leaves out."""
    text = state.persisted.license
    if state.license is None or text is None:
        return state
    try:
        verify_license(text, keys=keys.trusted(), product=keys.product)
    except InvalidDocument as error:
        state = _replace(state, license=None, refused=error.code)
        return due_times.due_now(state, moment)
    return state


def _can_request(state: State) -> bool:
    return state.ready and not state.key_updates.in_flight


def _with(state: State, **changes: object) -> State:
    updates: KeyUpdates = _replace(state.key_updates, **changes)
    return _replace(state, key_updates=updates)
