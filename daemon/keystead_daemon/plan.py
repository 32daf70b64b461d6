"""The daemon's decisions: (state, event, moment) → (state', effects). Pure.

Every event is first taken in (`_apply`: what has become true), and then what follows from the
whole state is worked out in one place, the same for all events (`_derive`):

 1. where a turning point of the license has passed, ask and save
 2. a payment that has not settled within a day is not waited for any longer
 3. what could not be saved is tried again
 4. what is due is asked, one exchange at a time; without keys, the keys are asked for first
 5. the timer is set to the next moment at which any of this changes

So "at once" is nothing but a due time of now, and callers who ask while an exchange is in flight
join it. What the license allows is `keystead.activation`'s to say, which documents count is
`keystead.trust`'s, what time it is `keystead.trusted_time`'s.
"""

from __future__ import annotations

import msgspec

from keystead import hints
from keystead.activation import turning_points
from keystead.errors import InvalidDocument
from keystead.instants import MINUTE_MS
from keystead.trusted_time import advance_mark
from keystead.wire.nyra import DevicesAnswer
from keystead_daemon import due_times, evidence, retry, sessions
from keystead_daemon.effects import (
    ArmTimer,
    Credential,
    Effect,
    OpenKeys,
    RequestStatus,
    Save,
    SetLicenseAside,
)
from keystead_daemon.events import (
    ClockChecked,
    Deactivated,
    DevicesListed,
    DocumentImported,
    Event,
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
    Woken,
)
from keystead_daemon.state import CHECKOUT, Failure, PendingActivation, State, now_of

Transition = tuple[State, tuple[Effect, ...]]

CHECKOUT_EXPIRED = "checkout_expired"
#: A disk that was full is tried again after this.
RESAVE_MS = 5 * MINUTE_MS
#: A network that comes and goes is no reason to ask more often than this.
WOKEN_AGAIN_MS = MINUTE_MS
#: A checkout that the backend does not know for this long does not exist.
UNKNOWN_FOR_MS = 15 * MINUTE_MS

_replace = msgspec.structs.replace


def plan(state: State, event: Event, moment: Moment) -> Transition:
    """Return the next state, and the effects to carry out.

    Raises InvalidDocument for `DocumentImported` alone: the document is refused, nothing changes.
    """
    state, effects = _apply(state, event, moment)
    state, further = _derive(state, moment)
    effects += further
    if not effects:
        return state, ()
    if any(isinstance(effect, Save) for effect in effects):
        kept = _replace(state.kept, time=advance_mark(state.kept.time, moment.reading))
        state = _replace(state, kept=kept)
    return state, _ordered(effects)


def _apply(state: State, event: Event, moment: Moment) -> Transition:
    match event:
        case Started():
            return _open_keys(evidence.load_public_files(state, event, moment), renew=False)
        case KeysRequested():
            return (state, ()) if state.opening else _open_keys(state, renew=event.renew)
        case KeysOpened():
            return _keys_opened(state, event, moment)
        case KeysUnavailable():
            return _keys_unavailable(state, event, moment), ()
        case StatusReceived():
            return _status_received(state, event, moment)
        case StatusFailed():
            return _status_failed(state, event, moment)
        case TimerFired() | ClockChecked() | Woken() | Saved() | Stopping():
            return _apply_daemon_event(state, event, moment)
        case SignInStarted() | SignedIn() | SignedOut() | SignInFailed():
            return sessions.apply(state, event)
        case _:
            return _apply_user_event(state, event, moment)


def _apply_daemon_event(
    state: State, event: TimerFired | ClockChecked | Woken | Saved | Stopping, moment: Moment
) -> Transition:
    """What happens to the daemon of itself."""
    match event:
        case TimerFired():
            return _replace(state, armed_boot_ms=None), ()
        case ClockChecked():
            return state, ()
        case Woken():
            return _woken(state, moment), ()
        case Saved():
            return _saved(state, event, moment), ()
        case Stopping():
            return state, (Save(),) if state.ready else ()


def _apply_user_event(state: State, event: Event, moment: Moment) -> Transition:
    """What a person did here."""
    match event:
        case RefreshRequested():
            return _refresh_requested(state, moment), ()
        case PendingStarted():
            pending = event.pending(now_of(state, moment.reading).now_ms, moment.reading)
            state = _with_pending(_abandon_checkout(state), pending=pending)
            return _replace(state, poll=due_times.next_poll(state, moment)), (Save(),)
        case PendingCancelled():
            return _with_pending(_abandon_checkout(state), pending=None), (Save(),)
        case DocumentImported():
            return _with_license(state, evidence.accept_import(state, event, moment))
        case OfflineRequestCreated():
            return _replace(state, kept=_replace(state.kept, request=event.request)), (Save(),)
        case Deactivated():
            return evidence.deactivate(state), (Save(),)
        case DevicesListed():
            return _devices_listed(state, event, moment), ()
        case _:
            raise TypeError(f"no such event: {type(event).__name__}")


def _refresh_requested(state: State, moment: Moment) -> State:
    if state.ready and not state.has_credential:
        # There is nothing to ask with, and so nothing that could have failed.
        return _replace(state, failure=None)
    return due_times.due_now(_replace(state, wanted=True), moment)


def _open_keys(state: State, *, renew: bool) -> Transition:
    return _replace(state, opening=True), (OpenKeys(renew),)


def _keys_opened(state: State, event: KeysOpened, moment: Moment) -> Transition:
    before, state = state, evidence.merge_vault(state, event, moment)
    trouble = state.trouble | ({hints.VAULT_UNREADABLE} if event.vault_set_aside else frozenset())
    state = _replace(state, ready=True, opening=False, closed=None, trouble=trouble, refresh=None)
    state = due_times.due_now(state, moment)
    unusable = before.refused is not None and before.found != state.kept.license
    aside = (SetLicenseAside(),) if unusable and state.license is not None else ()
    return state, (*aside, Save())


def _keys_unavailable(state: State, event: KeysUnavailable, moment: Moment) -> State:
    count = state.closed.count + 1 if state.closed is not None else 1
    closed = Failure(event.code, event.sentence, False, count, event.values)
    wait_ms = retry.urgent_backoff(count, moment.chance)
    if event.locked:
        # Nobody wants to be asked for a password again and again by what runs in the background.
        wait_ms = retry.background_retry(count, None, moment.chance)
    state = _replace(state, opening=False, closed=closed, wanted=False)
    return _replace(state, refresh=due_times.due_after(state, moment, wait_ms))


def _woken(state: State, moment: Moment) -> State:
    # A timer that was set before the machine slept comes too late by as much.
    state = _replace(state, armed_boot_ms=None)
    asked_ms = state.kept.last_refresh_at
    now_ms = now_of(state, moment.reading).now_ms
    fresh = asked_ms is not None and 0 <= now_ms - asked_ms < WOKEN_AGAIN_MS
    return state if fresh and state.failure is None else due_times.due_now(state, moment)


def _status_received(state: State, event: StatusReceived, moment: Moment) -> Transition:
    state = _replace(state, asking=None)
    if event.answer.license is None:
        return _unsigned_response(state, event, moment)
    try:
        taken = evidence.accept_response(state, event, event.answer.license, moment)
    except InvalidDocument as error:
        failure = Failure(error.code, error.sentence, False, _failure_count(state))
        state = _replace(state, failure=failure, trouble=state.trouble | {hints.LICENSE_REFUSED})
        return due_times.with_retry(state, event.credential, moment, None), ()
    trouble = taken.trouble - {hints.DEVICE_LIMIT, hints.VAULT_UNREADABLE}
    taken = _replace(taken, failure=None, wanted=False, heard=True, limit=None, trouble=trouble)
    taken = _replace(
        taken,
        refresh=due_times.next_refresh(taken, moment),
        poll=due_times.next_poll(taken, moment),
    )
    return _with_license(state, taken)


def _unsigned_response(state: State, event: StatusReceived, moment: Moment) -> Transition:
    """No license in the answer: news of a checkout at best, and never of what is in force."""
    if event.credential is Credential.TOKEN:
        failure = Failure(
            code="unsigned_answer",
            sentence="The server's answer is not signed.",
            unreachable=False,
            count=_failure_count(state),
        )
        state = _replace(state, failure=failure)
        return due_times.with_retry(state, event.credential, moment, None), ()
    state = _replace(state, failure=None, wanted=False)
    pending = state.polled
    if pending is not None and pending.session_id == event.asked_for:
        late = due_times.elapsed_ms(state, pending, moment) >= retry.POLL_ENDS_MS
        # Only an answer ends it: who paid, and shut the machine for two days, has paid.
        if late or event.answer.status == CHECKOUT_EXPIRED:
            return _with_pending(state, pending=None), (Save(),)
    return _replace(state, poll=due_times.next_poll(state, moment)), ()


def _status_failed(state: State, event: StatusFailed, moment: Moment) -> Transition:
    failure = Failure(event.code, event.sentence, event.unreachable, _failure_count(state))
    state = _replace(state, asking=None, failure=failure)
    pending = state.polled
    if pending is not None and pending.session_id == event.asked_for:
        if event.code == hints.DEVICE_LIMIT:
            trouble = state.trouble | {hints.DEVICE_LIMIT}
            state = _replace(state, trouble=trouble, limit=_devices(event))
        unknown_ms = due_times.elapsed_ms(state, pending, moment)
        if event.code == "unknown_device" and unknown_ms >= UNKNOWN_FOR_MS:
            return _with_pending(state, pending=None), (Save(),)
    return due_times.with_retry(state, event.credential, moment, event.retry_after_s), ()


def _devices(event: StatusFailed) -> DevicesAnswer | None:
    try:
        return msgspec.convert(event.extra, DevicesAnswer)
    except msgspec.ValidationError:
        return None


def _devices_listed(state: State, event: DevicesListed, moment: Moment) -> State:
    """Where there was no room and now perhaps there is, the checkout is asked for at once."""
    if state.limit is None:
        return state
    return due_times.due_now(_replace(state, limit=event.devices), moment)


def _with_license(before: State, taken: State) -> Transition:
    """A document that could not be used makes room; nothing is wiped."""
    aside = (SetLicenseAside(),) if before.refused is not None else ()
    return taken, (*aside, Save())


def _saved(state: State, event: Saved, moment: Moment) -> State:
    if event.code is None:
        return _replace(state, trouble=state.trouble - {hints.STORAGE_FAILED}, resave=None)
    trouble = state.trouble | {hints.STORAGE_FAILED}
    return _replace(state, trouble=trouble, resave=due_times.due_after(state, moment, RESAVE_MS))


def _abandon_checkout(state: State) -> State:
    given_up = state.polled
    if given_up is None or given_up.kind != CHECKOUT:
        return state
    return _replace(state, kept=_replace(state.kept, given_up=given_up))


def _with_pending(state: State, *, pending: PendingActivation | None) -> State:
    trouble = state.trouble - {hints.DEVICE_LIMIT}
    kept = _replace(state.kept, pending=pending)
    return _replace(state, kept=kept, poll=None, limit=None, trouble=trouble)


def _failure_count(state: State) -> int:
    return state.failure.count + 1 if state.failure is not None else 1


def _derive(state: State, moment: Moment) -> Transition:
    now_ms, points = now_of(state, moment.reading).now_ms, turning_points(state.license)
    state, effects = _check_turning_points(state, moment, now_ms, points)
    state, given_up = _expire_settling(state, moment)
    state, resaved = _retry_save(state, moment)
    state, asked = _start_due_request(state, moment)
    state, armed = _arm_timer(state, moment, [point - now_ms for point in points if point > now_ms])
    return state, (*effects, *given_up, *resaved, *asked, *armed)


def _check_turning_points(
    state: State, moment: Moment, now_ms: int, points: tuple[int, ...]
) -> Transition:
    looked_ms = state.looked_ms
    state = _replace(state, looked_ms=now_ms)
    if looked_ms is None or not any(looked_ms < point <= now_ms for point in points):
        return state, ()
    state = due_times.due_now(state, moment)
    return state, (Save(),) if state.ready else ()


def _expire_settling(state: State, moment: Moment) -> Transition:
    pending = state.kept.pending
    if pending is None or not pending.answered:
        return state, ()
    if due_times.elapsed_ms(state, pending, moment) < retry.POLL_ENDS_MS:
        return state, ()
    return _with_pending(state, pending=None), (Save(),) if state.ready else ()


def _retry_save(state: State, moment: Moment) -> Transition:
    if state.resave is None or state.resave.boot_ms > moment.reading.boot_ms:
        return state, ()
    return _replace(state, resave=None), (Save(),)


def _start_due_request(state: State, moment: Moment) -> Transition:
    boot_ms = moment.reading.boot_ms
    refresh, poll = state.refresh, state.poll
    if state.asking is not None or state.opening:
        return state, ()
    if poll is not None and poll.boot_ms <= boot_ms and state.ready:
        return _replace(state, asking=Credential.PENDING, poll=None), (
            RequestStatus(Credential.PENDING),
        )
    if refresh is None or refresh.boot_ms > boot_ms:
        return state, ()
    if not state.ready:
        return _open_keys(_replace(state, refresh=None), renew=False)
    return _replace(state, asking=Credential.TOKEN, refresh=None), (
        RequestStatus(Credential.TOKEN),
    )


def _arm_timer(state: State, moment: Moment, turns_in_ms: list[int]) -> Transition:
    boot_ms = _next_change(state, moment, turns_in_ms)
    if boot_ms == state.armed_boot_ms:
        return state, ()
    return _replace(state, armed_boot_ms=boot_ms), (ArmTimer(boot_ms),)


def _next_change(state: State, moment: Moment, turns_in_ms: list[int]) -> int | None:
    """The reading of the boot clock at which something becomes due, or is shown differently."""
    boot_ms = moment.reading.boot_ms
    moments = [boot_ms + ms for ms in turns_in_ms]
    pending = state.kept.pending
    if pending is not None and pending.answered:
        waited_ms = due_times.elapsed_ms(state, pending, moment)
        moments.append(boot_ms + retry.POLL_ENDS_MS - waited_ms)
    idle = state.asking is None and not state.opening
    moments += [due.boot_ms for due in (state.refresh, state.poll) if due is not None and idle]
    moments += [state.resave.boot_ms] if state.resave is not None else []
    return max(min(moments), boot_ms) if moments else None


def _ordered(effects: tuple[Effect, ...]) -> tuple[Effect, ...]:
    """Set aside, save once, and only then whatever looks outward."""
    first = tuple(effect for effect in effects if isinstance(effect, SetLicenseAside))
    saves = tuple(effect for effect in effects if isinstance(effect, Save))[:1]
    return first + saves + tuple(e for e in effects if not isinstance(e, SetLicenseAside | Save))
