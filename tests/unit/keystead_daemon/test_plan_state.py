"""The exact state and effects after a single event."""

import msgspec
import pytest

from keystead import hints
from keystead.documents import issue
from keystead.errors import Values
from keystead.instants import DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS
from keystead.trusted_time import ClockReading, NonceOpening, nonce_for
from keystead.wire.nyra import DevicesAnswer
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
    DevicesListed,
    Event,
    KeysOpened,
    KeysRequested,
    KeysUnavailable,
    Moment,
    PendingCancelled,
    PendingStarted,
    RefreshRequested,
    Saved,
    Started,
    StatusFailed,
    StatusReceived,
    TimerFired,
    WakeCause,
    Woken,
)
from keystead_daemon.plan import plan
from keystead_daemon.retry import FIRST_RESAVE_MS, LONGEST_RESAVE_MS
from keystead_daemon.state import (
    CHECKOUT,
    RESTORE,
    Due,
    Failure,
    PendingActivation,
    PersistedState,
    ProductConfig,
    State,
)
from support.documents import BACKEND, DEVICE, KEYS, NOW_MS, PRODUCT, make_license, signed_license
from support.plan_world import wire_answer

BOOT_MS = 5 * DAY_MS
MOMENT = Moment(ClockReading(NOW_MS, BOOT_MS, "boot-1"), 0.5)
OPENING = NonceOpening("boot-1", BOOT_MS - 1, "salt")
FAILURE = Failure("timeout", "No.", True, count=3)
PENDING = PendingActivation(
    kind=CHECKOUT,
    session_id="cs_1",
    url=None,
    started_at=NOW_MS,
    expires_at=NOW_MS + DAY_MS,
    boot_ms=BOOT_MS,
    boot_id="boot-1",
)
EMPTY = State(config=ProductConfig(PRODUCT, KEYS))
READY = msgspec.structs.replace(EMPTY, ready=True, device_id=DEVICE.thumbprint)
ACTIVE = msgspec.structs.replace(
    READY,
    license=make_license(),
    persisted=PersistedState(license=signed_license(), token="t"),
)


def polling(**changes: object) -> State:
    pending = msgspec.structs.replace(PENDING, **changes)
    return msgspec.structs.replace(READY, persisted=PersistedState(pending=pending))


def after(state: State, event: Event, **changes: object) -> tuple[State, tuple[Effect, ...]]:
    return plan(msgspec.structs.replace(state, **changes), event, MOMENT)


def received(jti: str = "z", credential: Credential = Credential.TOKEN) -> StatusReceived:
    license = make_license(jti=jti, nonce=nonce_for(OPENING))
    answer = wire_answer(license.status, license=issue(license, BACKEND))
    return StatusReceived(credential, answer, OPENING)


def failed(code: str = "timeout", **changes: object) -> StatusFailed:
    event = StatusFailed(
        credential=Credential.TOKEN, code=code, sentence="A sentence.", unreachable=True
    )
    return msgspec.structs.replace(event, **changes)


# --- Keys --------------------------------------------------------------------------------------


def test_a_start_opens_the_keys_without_renewing_them() -> None:
    state, effects = after(EMPTY, Started(None, None))
    assert (state.opening_keys, effects) == (True, (OpenKeys(False),))


@pytest.mark.parametrize("renew", [False, True])
def test_keys_are_opened_once_at_a_time(renew: bool) -> None:
    assert after(EMPTY, KeysRequested(renew))[1] == (OpenKeys(renew),)
    assert after(EMPTY, KeysRequested(renew), opening_keys=True)[1] == ()


def test_opened_keys_make_the_state_ready_and_all_requests_due() -> None:
    state, effects = after(
        EMPTY,
        KeysOpened(DEVICE.thumbprint, PersistedState(token="t")),
        opening_keys=True,
        vault_error=FAILURE,
        refresh_due=Due(BOOT_MS + DAY_MS, 0),
        hints=frozenset({hints.STORAGE_FAILED}),
    )
    assert (state.ready, state.opening_keys, state.vault_error) == (True, False, None)
    assert state.hints == {hints.STORAGE_FAILED}
    assert effects == (Save(), RequestStatus(Credential.TOKEN))
    idle, effects = after(
        EMPTY,
        KeysOpened(DEVICE.thumbprint, None),
        opening_keys=True,
        refresh_due=Due(BOOT_MS + DAY_MS, 0),
    )
    assert (idle.refresh_due, effects) == (None, (Save(),))


def test_a_vault_set_aside_has_a_hint() -> None:
    state, _ = after(EMPTY, KeysOpened(DEVICE.thumbprint, None, vault_set_aside=True))
    assert state.hints == {hints.VAULT_UNREADABLE}


def test_a_refused_file_is_set_aside_only_where_the_vault_has_another_license() -> None:
    opened = KeysOpened(DEVICE.thumbprint, PersistedState(license=signed_license()))
    refused = after(EMPTY, opened, refused="malformed", license_file="x")[1]
    assert refused[0] == SetLicenseAside()
    assert after(EMPTY, opened, license_file="x")[1][0] == Save()
    same = after(EMPTY, opened, refused="wrong_device", license_file=signed_license())[1]
    assert same[0] == Save()
    nothing = KeysOpened(DEVICE.thumbprint, None)
    assert after(EMPTY, nothing, refused="malformed", license_file="x")[1] == (Save(),)


def test_unavailable_keys_are_recorded_and_tried_again() -> None:
    values: Values = {"why": "locked"}
    event = KeysUnavailable("keyring_locked", "A sentence.", values)
    state, effects = after(EMPTY, event, opening_keys=True, user_waiting=True)
    assert state.vault_error == Failure("keyring_locked", "A sentence.", False, 1, values)
    assert (state.opening_keys, state.user_waiting) == (False, False)
    assert state.refresh_due == Due(BOOT_MS + 15 * SECOND_MS, NOW_MS + 15 * SECOND_MS)
    assert effects == (ArmTimer(BOOT_MS + 15 * SECOND_MS),)
    again, _ = after(state, event)
    assert again.vault_error is not None
    assert again.vault_error.count == 2
    prompting = msgspec.structs.replace(event, locked=True)
    patient, _ = after(EMPTY, prompting)
    assert patient.refresh_due is not None
    assert patient.refresh_due.boot_ms - BOOT_MS > 20 * MINUTE_MS


def test_a_due_refresh_without_keys_opens_them_without_renewing() -> None:
    state, effects = after(EMPTY, TimerFired(), refresh_due=Due(BOOT_MS, NOW_MS))
    assert (state.refresh_due, state.opening_keys, effects) == (None, True, (OpenKeys(False),))


# --- Status requests ---------------------------------------------------------------------------


def test_an_accepted_response_clears_waiting_failures_and_device_limit() -> None:
    limit = DevicesAnswer(devices=(), device_limit=1)
    state, effects = after(
        ACTIVE,
        received(),
        request_in_flight=Credential.TOKEN,
        failure=FAILURE,
        user_waiting=True,
        devices_at_limit=limit,
        hints=frozenset({hints.DEVICE_LIMIT, hints.VAULT_UNREADABLE, hints.STORAGE_FAILED}),
    )
    assert (state.request_in_flight, state.failure, state.user_waiting) == (None, None, False)
    assert (state.answered_since_start, state.devices_at_limit) == (True, None)
    assert state.hints == {hints.STORAGE_FAILED}
    assert state.refresh_due is not None
    assert effects == (Save(), ArmTimer(state.refresh_due.boot_ms))


def test_only_a_refused_file_is_set_aside_by_a_response() -> None:
    assert after(ACTIVE, received())[1][0] == Save()
    assert after(READY, received(), refused="malformed")[1][0] == SetLicenseAside()


def test_a_refused_license_is_a_failure_and_a_hint() -> None:
    answer = wire_answer("active", license="x.y.z")
    event = StatusReceived(Credential.TOKEN, answer, OPENING)
    state, _ = after(ACTIVE, event, failure=FAILURE, request_in_flight=Credential.TOKEN)
    failure = state.failure
    assert failure is not None
    assert (failure.code, failure.unreachable, failure.count) == ("malformed", False, 4)
    assert failure.sentence.startswith("The document is malformed")
    assert state.hints == {hints.LICENSE_REFUSED}
    assert state.refresh_due is not None
    first, _ = after(ACTIVE, event)
    assert first.failure is not None
    assert first.failure.count == 1
    polled, _ = after(polling(), StatusReceived(Credential.PENDING, answer, OPENING, "cs_1"))
    assert polled.refresh_due is None
    assert polled.poll_due is not None


def test_an_unsigned_response_to_the_token_is_a_failure() -> None:
    event = StatusReceived(Credential.TOKEN, wire_answer("canceled"), OPENING)
    state, effects = after(ACTIVE, event, failure=FAILURE)
    assert state.failure is not None
    assert (state.failure.code, state.failure.unreachable) == ("unsigned_answer", False)
    assert state.failure.count == 4
    assert (state.poll_due, Save() in effects) == (None, True)
    assert state.refresh_due is not None


def test_an_unsigned_response_to_a_poll_ends_waiting_and_failures() -> None:
    event = StatusReceived(Credential.PENDING, wire_answer("checkout_open"), OPENING, "cs_1")
    state, effects = after(polling(), event, failure=FAILURE, user_waiting=True)
    assert (state.failure, state.user_waiting) == (None, False)
    assert state.poll_due == Due(BOOT_MS + 2 * SECOND_MS, NOW_MS + 2 * SECOND_MS)
    assert effects == (ArmTimer(BOOT_MS + 2 * SECOND_MS),)


@pytest.mark.parametrize(
    ("pending", "status", "ends"),
    [
        (PENDING, "checkout_expired", True),
        (msgspec.structs.replace(PENDING, boot_ms=BOOT_MS - DAY_MS), "checkout_open", True),
        (msgspec.structs.replace(PENDING, boot_ms=BOOT_MS - DAY_MS + 1), "checkout_open", False),
        (msgspec.structs.replace(PENDING, session_id="cs_2"), "checkout_expired", False),
        (
            msgspec.structs.replace(PENDING, boot_id="boot-0", started_at=NOW_MS - DAY_MS),
            "checkout_open",
            True,
        ),
    ],
)
def test_a_poll_ends_an_expired_or_day_old_checkout(
    pending: PendingActivation, status: str, ends: bool
) -> None:
    state = msgspec.structs.replace(READY, persisted=PersistedState(pending=pending))
    event = StatusReceived(Credential.PENDING, wire_answer(status), OPENING, "cs_1")
    assert (after(state, event)[0].persisted.pending is None) == ends


def test_a_failed_request_is_recorded_and_counted() -> None:
    state, _ = after(ACTIVE, failed(), request_in_flight=Credential.TOKEN)
    assert state.failure == Failure("timeout", "A sentence.", True, 1)
    assert state.request_in_flight is None
    again, _ = after(ACTIVE, failed(unreachable=False), failure=FAILURE)
    assert again.failure == Failure("timeout", "A sentence.", False, 4)


@pytest.mark.parametrize(
    ("pending", "ends"),
    [
        (msgspec.structs.replace(PENDING, boot_ms=BOOT_MS - 15 * MINUTE_MS), True),
        (msgspec.structs.replace(PENDING, boot_ms=BOOT_MS - 15 * MINUTE_MS + 1), False),
        (
            msgspec.structs.replace(PENDING, boot_id="boot-0", started_at=NOW_MS - DAY_MS),
            True,
        ),
    ],
)
def test_an_unknown_checkout_ends_after_15_minutes(pending: PendingActivation, ends: bool) -> None:
    state = msgspec.structs.replace(READY, persisted=PersistedState(pending=pending))
    event = failed("unknown_device", credential=Credential.PENDING, pending_id="cs_1")
    assert (after(state, event)[0].persisted.pending is None) == ends


def test_a_due_poll_is_sent_once() -> None:
    due = Due(BOOT_MS, NOW_MS)
    state, effects = after(polling(), TimerFired(), poll_due=due)
    assert (state.request_in_flight, state.poll_due) == (Credential.PENDING, None)
    assert effects == (RequestStatus(Credential.PENDING),)
    assert after(state, ClockChecked())[1] == ()


# --- What a person does ------------------------------------------------------------------------


def test_a_refresh_without_a_credential_clears_the_failure() -> None:
    state, effects = after(READY, RefreshRequested(), failure=FAILURE)
    assert (state.failure, state.user_waiting, effects) == (None, False, ())


def test_a_refresh_waits_for_its_response() -> None:
    state, effects = after(ACTIVE, RefreshRequested())
    assert (state.user_waiting, effects[0]) == (True, RequestStatus(Credential.TOKEN))


def test_a_replaced_or_cancelled_checkout_is_remembered() -> None:
    next_one = PendingStarted(kind=CHECKOUT, session_id="cs_2", url=None, expires_at=NOW_MS)
    state, _ = after(polling(), next_one)
    assert state.persisted.abandoned_checkout == PENDING
    assert state.persisted.pending is not None
    assert state.persisted.pending.session_id == "cs_2"
    cancelled, _ = after(polling(), PendingCancelled())
    assert cancelled.persisted.abandoned_checkout == PENDING
    restore, _ = after(polling(kind=RESTORE), PendingCancelled())
    assert restore.persisted.abandoned_checkout is None


def test_a_cancelled_checkout_is_no_longer_limited() -> None:
    state, effects = after(
        polling(),
        PendingCancelled(),
        poll_due=Due(BOOT_MS, NOW_MS),
        devices_at_limit=DevicesAnswer(devices=(), device_limit=1),
        hints=frozenset({hints.DEVICE_LIMIT, hints.STORAGE_FAILED}),
    )
    assert (state.poll_due, state.devices_at_limit) == (None, None)
    assert (state.hints, effects) == (frozenset({hints.STORAGE_FAILED}), (Save(),))


def test_the_list_after_a_removal_replaces_the_one_at_the_limit() -> None:
    before, listed = (DevicesAnswer(devices=(), device_limit=n) for n in (1, 2))
    state, effects = after(polling(), DevicesListed(listed), devices_at_limit=before)
    assert (state.devices_at_limit, effects) == (listed, (RequestStatus(Credential.PENDING),))


# --- Saving and the timer ----------------------------------------------------------------------


def test_a_failed_save_is_retried_soon_and_then_less_often() -> None:
    state, effects = after(READY, Saved("storage_failed"))
    assert state.hints == {hints.STORAGE_FAILED}
    assert state.save_due == Due(BOOT_MS + FIRST_RESAVE_MS, NOW_MS + FIRST_RESAVE_MS)
    assert effects == (ArmTimer(BOOT_MS + FIRST_RESAVE_MS),)
    state, effects = after(state, TimerFired(), save_due=Due(BOOT_MS, NOW_MS))
    assert (state.save_due, effects) == (None, (Save(),))
    waits = []
    for _ in range(9):
        state, _ = after(state, Saved("storage_failed"))
        assert state.save_due is not None
        waits.append(state.save_due.boot_ms - BOOT_MS)
    assert waits[:2] == [2 * FIRST_RESAVE_MS, 4 * FIRST_RESAVE_MS]
    assert waits[-2:] == [LONGEST_RESAVE_MS] * 2
    saved, _ = after(state, Saved())
    assert (saved.save_due, saved.hints, saved.save_failures) == (None, frozenset(), 0)


def test_the_mark_of_a_licensed_device_is_saved_every_hour() -> None:
    state, _ = after(ACTIVE, Saved())
    assert state.save_due == Due(BOOT_MS + HOUR_MS, NOW_MS + HOUR_MS)
    assert after(state, TimerFired(), save_due=Due(BOOT_MS, NOW_MS))[1][:1] == (Save(),)


@pytest.mark.parametrize("code", ["backend_unreachable", "internal_error"])
def test_the_mark_is_saved_after_an_exchange_that_failed(code: str) -> None:
    assert Save() in after(ACTIVE, failed(code))[1]
    assert Save() not in after(READY, failed(code))[1]


def test_the_timer_is_set_again_after_it_fired_and_after_a_sleep() -> None:
    due = Due(BOOT_MS + 5, NOW_MS + 5)
    armed = {"refresh_due": due, "armed_boot_ms": BOOT_MS + 5, "license": None}
    assert after(ACTIVE, ClockChecked(), **armed)[1] == ()
    state, effects = after(ACTIVE, TimerFired(), **armed)
    assert (state.armed_boot_ms, effects) == (BOOT_MS + 5, (ArmTimer(BOOT_MS + 5),))
    persisted = msgspec.structs.replace(ACTIVE.persisted, last_refresh_at=NOW_MS)
    _, effects = after(ACTIVE, Woken(WakeCause.RESUMED), persisted=persisted, **armed)
    assert effects == (ArmTimer(BOOT_MS + 5),)


def test_during_a_request_the_timer_waits_for_turning_points_only() -> None:
    due = Due(BOOT_MS + 5, NOW_MS + 5)
    end_ms = 30 * DAY_MS
    state, effects = after(
        ACTIVE, ClockChecked(), refresh_due=due, request_in_flight=Credential.TOKEN
    )
    assert effects == (ArmTimer(BOOT_MS + end_ms),)
    assert after(state, ClockChecked(), opening_keys=True, request_in_flight=None)[1] == ()


def test_the_timer_waits_for_the_end_of_a_settling_payment() -> None:
    pending = msgspec.structs.replace(PENDING, answered=True, boot_ms=BOOT_MS - 1_000)
    state = msgspec.structs.replace(READY, persisted=PersistedState(pending=pending))
    assert after(state, ClockChecked())[1] == (ArmTimer(BOOT_MS + DAY_MS - 1_000),)
    before = msgspec.structs.replace(pending, boot_id="boot-0", started_at=NOW_MS - DAY_MS)
    state = msgspec.structs.replace(READY, persisted=PersistedState(pending=before))
    expired, effects = after(state, ClockChecked())
    assert (expired.persisted.pending, effects) == (None, (Save(),))


def test_two_reasons_to_save_cause_one_save() -> None:
    _, effects = after(READY, PendingCancelled(), save_due=Due(BOOT_MS, NOW_MS))
    assert effects == (Save(),)


def test_the_age_of_a_settling_payment_survives_a_reboot() -> None:
    pending = msgspec.structs.replace(
        PENDING, answered=True, boot_id="boot-0", started_at=NOW_MS - 2_000
    )
    state = msgspec.structs.replace(READY, persisted=PersistedState(pending=pending))
    assert after(state, ClockChecked())[1] == (ArmTimer(BOOT_MS + DAY_MS - 2_000),)
