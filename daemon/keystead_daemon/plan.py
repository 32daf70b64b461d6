"""The daemon's decisions: (state, event, moment) → (state', effects). Pure.

`plan` works in two steps. `_apply` records what the event says. `_derive` then works out, from the
whole state and in the same way for every event, what follows:

 1. When a turning point of the license has passed, request the status and save.
 2. A payment that has been settling for a day is no longer polled, unless a bank has to confirm
    it.
 3. A save that is due is made: after a failed one, and every hour for the high-water mark.
 4. A request that is due is sent, one at a time. Without keys, the keys are opened first.
 5. A key manifest that is due is requested (`keystead_daemon.key_updates`).
 6. The timer is set to the next moment at which any of this changes.

"Now" is therefore just a due time of now, and callers who ask during a request share its result.
"""

from __future__ import annotations

from typing import assert_never

import msgspec

from keystead import hints
from keystead.activation import SETTLING, turning_points
from keystead.errors import InvalidDocument
from keystead.instants import MINUTE_MS
from keystead.trusted_time import advance_mark
from keystead.wire.nyra import DevicesAnswer
from keystead_daemon import due_times, evidence, key_updates, retry, sessions, vault_keys
from keystead_daemon.effects import (
    ArmTimer,
    Credential,
    Effect,
    RequestStatus,
    Save,
    SetLicenseAside,
)
from keystead_daemon.events import (
    ClockChecked,
    DaemonEvent,
    Deactivated,
    DevicesListed,
    DocumentImported,
    Event,
    KeyManifestFailed,
    KeyManifestReceived,
    KeysOpened,
    KeysRequested,
    KeysUnavailable,
    Moment,
    OfflineRequestCreated,
    PendingCancelled,
    PendingStarted,
    RefreshRequested,
    Saved,
    SignedIn,
    SignedOut,
    SignInFailed,
    SignInStarted,
    Started,
    StatusFailed,
    StatusReceived,
    Stopping,
    TimerFired,
    UserEvent,
    Woken,
)
from keystead_daemon.state import CHECKOUT, Failure, PendingActivation, State, now_of

Transition = tuple[State, tuple[Effect, ...]]

CHECKOUT_EXPIRED = "checkout_expired"
UNKNOWN_KEY = "unknown_key"
#: Shortest time between two requests that a wake-up or a new network causes.
WAKE_INTERVAL_MS = MINUTE_MS
#: A checkout that the backend has not known for this long does not exist there.
UNKNOWN_FOR_MS = 15 * MINUTE_MS

_replace = msgspec.structs.replace


def plan(state: State, event: Event, moment: Moment) -> Transition:
    """Return the next state, and the effects to carry out in this order.

    Raises InvalidDocument for `DocumentImported` alone: the document is refused, nothing changes.
    """
    state, effects = _apply(state, event, moment)
    state, derived = _derive(state, moment)
    effects += derived
    if any(isinstance(effect, Save) for effect in effects):
        time = advance_mark(state.persisted.time, moment.reading)
        state = _replace(state, persisted=_replace(state.persisted, time=time))
    return state, _ordered(effects)


def _apply(state: State, event: Event, moment: Moment) -> Transition:
    match event:
        case Started():
            state = evidence.load_public_files(state, event, moment)
            state = key_updates.due_at_start(state, moment)
            return vault_keys.open_keys(state, renew=False)
        case KeysRequested() | KeysOpened() | KeysUnavailable():
            return vault_keys.apply(state, event, moment)
        case StatusReceived():
            state = key_updates.answer_received(state, moment)
            return _status_received(state, event, moment)
        case StatusFailed():
            return _status_failed(state, event, moment)
        case KeyManifestReceived() | KeyManifestFailed():
            return _manifest_requested(state, event, moment)
        case TimerFired() | ClockChecked() | Woken() | Saved() | Stopping():
            return _apply_daemon_event(state, event, moment)
        case SignInStarted() | SignedIn() | SignedOut() | SignInFailed():
            return sessions.apply(state, event)
        case _:
            return _apply_user_event(state, event, moment)


def _apply_daemon_event(state: State, event: DaemonEvent, moment: Moment) -> Transition:
    match event:
        case TimerFired():
            return _replace(state, armed_boot_ms=None), ()
        case ClockChecked():
            return state, ()
        case Woken():
            return _woken(state, moment), ()
        case Saved():
            return due_times.after_save(state, event, moment), ()
        case Stopping():
            return state, _save_if_ready(state)
        case _:
            assert_never(event)


def _apply_user_event(state: State, event: UserEvent, moment: Moment) -> Transition:
    match event:
        case RefreshRequested():
            return _refresh_requested(state, moment), ()
        case PendingStarted():
            pending = event.pending(now_of(state, moment.reading).now_ms, moment.reading)
            state = _with_pending(_abandon_checkout(state), pending)
            return _replace(state, poll_due=due_times.next_poll(state, moment)), (Save(),)
        case PendingCancelled():
            return _with_pending(_abandon_checkout(state), None), (Save(),)
        case DocumentImported() if key_updates.is_manifest(event.document):
            return key_updates.accept_import(state, event.document, moment)
        case DocumentImported():
            return _with_license(state, evidence.accept_import(state, event, moment))
        case OfflineRequestCreated():
            return evidence.ask_offline(state, event.request, moment), (Save(),)
        case Deactivated():
            return evidence.deactivate(state), (Save(),)
        case DevicesListed():
            return _devices_listed(state, event, moment), ()
        case _:
            assert_never(event)


def _refresh_requested(state: State, moment: Moment) -> State:
    if state.ready and not state.has_credential:
        # No request can be sent, so an earlier failure must not be reported as this refresh's.
        return _replace(state, failure=None)
    return due_times.due_now(_replace(state, user_waiting=True), moment)


def _woken(state: State, moment: Moment) -> State:
    # A timer armed before a sleep fires late by the time slept, so it is armed again.
    state = _replace(state, armed_boot_ms=None)
    last_ms = state.persisted.last_refresh_at
    now_ms = now_of(state, moment.reading).now_ms
    fresh = last_ms is not None and 0 <= now_ms - last_ms < WAKE_INTERVAL_MS
    # After a failure the new network may be what was missing, however recent the last answer is.
    return state if fresh and state.failure is None else due_times.due_now(state, moment)


def _manifest_requested(
    state: State, event: KeyManifestReceived | KeyManifestFailed, moment: Moment
) -> Transition:
    held = state.key_updates.held
    state, effects = key_updates.apply(state, event, moment)
    if held is None:
        return state, effects
    state, more = _status_received(state, held, moment)
    if state.failure is None:
        state = key_updates.helped(state)
    return state, (*effects, *more)


def _status_received(state: State, event: StatusReceived, moment: Moment) -> Transition:
    state = _replace(state, request_in_flight=None)
    if event.status.license is None:
        return _unsigned_response(state, event, moment)
    try:
        taken = evidence.accept_response(state, event, event.status.license, moment)
    except InvalidDocument as error:
        if error.code == UNKNOWN_KEY and key_updates.can_hold(state, moment):
            # The manifest decides. Until then the request counts as under way.
            state = _replace(state, request_in_flight=event.credential)
            return key_updates.hold(state, event, moment), ()
        failure = Failure(error.code, error.sentence, False, _failure_count(state))
        refused = state.hints | {hints.LICENSE_REFUSED}
        state = _replace(state, failure=failure, hints=refused)
        return due_times.with_retry(state, event.credential, moment, None), _save_mark(state)
    taken = _replace(
        taken,
        failure=None,
        user_waiting=False,
        answered_since_start=True,
        devices_at_limit=None,
        hints=taken.hints - {hints.DEVICE_LIMIT, hints.VAULT_UNREADABLE},
    )
    taken = _replace(taken, disputed_answers=due_times.disputed_answers(state, taken, moment))
    waited_ms = moment.reading.boot_ms - event.nonce_opening.boot_ms
    taken = _replace(
        taken,
        refresh_due=due_times.next_refresh(taken, moment, waited_ms),
        poll_due=due_times.next_poll(taken, moment),
    )
    return _with_license(state, taken)


def _unsigned_response(state: State, event: StatusReceived, moment: Moment) -> Transition:
    """Handle a response without a license, which can end a checkout but never a license."""
    if event.credential is Credential.TOKEN:
        failure = Failure(
            code="unsigned_answer",
            sentence="The server's response is not signed.",
            unreachable=False,
            count=_failure_count(state),
        )
        state = _replace(state, failure=failure)
        return due_times.with_retry(state, event.credential, moment, None), _save_mark(state)
    state = _replace(state, failure=None, user_waiting=False)
    pending = state.polled
    if pending is not None and pending.session_id == event.pending_id:
        overdue = due_times.elapsed_ms(state, pending, moment) >= retry.POLL_ENDS_MS
        # Only a response ends it: a customer may pay and then switch the machine off for days.
        if overdue or event.status.status == CHECKOUT_EXPIRED:
            return _with_pending(state, None), (Save(),)
    return _replace(state, poll_due=due_times.next_poll(state, moment)), _save_mark(state)


def _status_failed(state: State, event: StatusFailed, moment: Moment) -> Transition:
    failure = event.as_failure(_failure_count(state))
    state = _replace(state, request_in_flight=None, failure=failure)
    pending = state.polled
    if pending is not None and pending.session_id == event.pending_id:
        if event.code == hints.DEVICE_LIMIT:
            at_limit = state.hints | {hints.DEVICE_LIMIT}
            state = _replace(state, hints=at_limit, devices_at_limit=_devices(event))
        unknown_ms = due_times.elapsed_ms(state, pending, moment)
        if event.code == "unknown_device" and unknown_ms >= UNKNOWN_FOR_MS:
            return _with_pending(state, None), (Save(),)
    state = due_times.with_retry(state, event.credential, moment, event.retry_after_s)
    return state, _save_mark(state)


def _devices(event: StatusFailed) -> DevicesAnswer | None:
    try:
        return msgspec.convert(event.extra, DevicesAnswer)
    except msgspec.ValidationError:
        return None


def _devices_listed(state: State, event: DevicesListed, moment: Moment) -> State:
    if state.devices_at_limit is None:
        return state
    # A device may just have been removed, which makes room for this one.
    return due_times.due_now(_replace(state, devices_at_limit=event.devices), moment)


def _with_license(before: State, after: State) -> Transition:
    # A refused file is renamed before the new license takes its name, so nothing is lost.
    aside = (SetLicenseAside(),) if before.refused is not None else ()
    return after, (*aside, Save())


def _abandon_checkout(state: State) -> State:
    checkout = state.polled
    if checkout is None or checkout.kind != CHECKOUT:
        return state
    return _replace(state, persisted=_replace(state.persisted, abandoned_checkout=checkout))


def _with_pending(state: State, pending: PendingActivation | None) -> State:
    return _replace(
        state,
        persisted=_replace(state.persisted, pending=pending),
        poll_due=None,
        devices_at_limit=None,
        hints=state.hints - {hints.DEVICE_LIMIT},
    )


def _failure_count(state: State) -> int:
    return state.failure.count + 1 if state.failure is not None else 1


def _save_mark(state: State) -> tuple[Effect, ...]:
    # After a power cut, time spent with a license would otherwise count only up to the last save.
    return _save_if_ready(state) if state.license is not None else ()


def _save_if_ready(state: State) -> tuple[Effect, ...]:
    # Before the keys are open the vault is unread: a save would replace it with less.
    return (Save(),) if state.ready else ()


def _derive(state: State, moment: Moment) -> Transition:
    now_ms, points = now_of(state, moment.reading).now_ms, turning_points(state.license)
    state, turned = _check_turning_points(state, moment, now_ms, points)
    state, expired = _expire_settling(state, moment)
    state, saved = _save_when_due(state, moment)
    state, requested = _start_due_request(state, moment)
    state, updated = key_updates.start_due_request(state, moment)
    ahead_ms = [point - now_ms for point in points if point > now_ms]
    state, armed = _arm_timer(state, moment, ahead_ms)
    return state, (*turned, *expired, *saved, *requested, *updated, *armed)


def _check_turning_points(
    state: State, moment: Moment, now_ms: int, points: tuple[int, ...]
) -> Transition:
    before_ms = state.checked_ms
    state = _replace(state, checked_ms=now_ms)
    if before_ms is None or not any(before_ms < point <= now_ms for point in points):
        return state, ()
    return due_times.due_now(state, moment), _save_if_ready(state)


def _expire_settling(state: State, moment: Moment) -> Transition:
    pending = state.persisted.pending
    # A bank may take days to confirm a payment.
    if pending is None or not pending.answered or _is_unconfirmed(state):
        return state, ()
    if due_times.elapsed_ms(state, pending, moment) < retry.POLL_ENDS_MS:
        return state, ()
    return _with_pending(state, None), _save_if_ready(state)


def _is_unconfirmed(state: State) -> bool:
    license = state.license
    return license is not None and license.status == SETTLING and not license.active


def _save_when_due(state: State, moment: Moment) -> Transition:
    if state.save_due is None or state.save_due.boot_ms > moment.reading.boot_ms:
        return state, ()
    return _replace(state, save_due=None), _save_if_ready(state)


def _start_due_request(state: State, moment: Moment) -> Transition:
    boot_ms = moment.reading.boot_ms
    refresh, poll = state.refresh_due, state.poll_due
    if state.request_in_flight is not None or state.opening_keys:
        return state, ()
    if poll is not None and poll.boot_ms <= boot_ms and state.ready:
        state = _replace(state, request_in_flight=Credential.PENDING, poll_due=None)
        return state, (RequestStatus(Credential.PENDING),)
    if refresh is None or refresh.boot_ms > boot_ms:
        return state, ()
    state = _replace(state, refresh_due=None)
    if not state.ready:
        return vault_keys.open_keys(state, renew=False)
    state = _replace(state, request_in_flight=Credential.TOKEN)
    return state, (RequestStatus(Credential.TOKEN),)


def _arm_timer(state: State, moment: Moment, turns_in_ms: list[int]) -> Transition:
    boot_ms = _next_change(state, moment, turns_in_ms)
    if boot_ms == state.armed_boot_ms:
        return state, ()
    return _replace(state, armed_boot_ms=boot_ms), (ArmTimer(boot_ms),)


def _next_change(state: State, moment: Moment, turns_in_ms: list[int]) -> int | None:
    """Return the boot clock's reading at which something is due or the shown state changes."""
    boot_ms = moment.reading.boot_ms
    moments = [boot_ms + ms for ms in turns_in_ms]
    pending = state.persisted.pending
    if pending is not None and pending.answered:
        waited_ms = due_times.elapsed_ms(state, pending, moment)
        moments.append(boot_ms + retry.POLL_ENDS_MS - waited_ms)
    dues = [state.save_due]
    if state.request_in_flight is None and not state.opening_keys:
        dues += [state.refresh_due, state.poll_due]
    moments += [due.boot_ms for due in dues if due is not None]
    manifest_boot_ms = key_updates.next_due_boot_ms(state)
    if manifest_boot_ms is not None:
        moments.append(manifest_boot_ms)
    return max(min(moments), boot_ms) if moments else None


def _ordered(effects: tuple[Effect, ...]) -> tuple[Effect, ...]:
    """Rename first, save once, then send requests and set the timer."""
    asides = tuple(e for e in effects if isinstance(e, SetLicenseAside))
    saves = tuple(e for e in effects if isinstance(e, Save))[:1]
    others = tuple(e for e in effects if not isinstance(e, SetLicenseAside | Save))
    return asides + saves + others
