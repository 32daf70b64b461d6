"""Sequences of events with a backend, a disk and clocks in memory, and their results."""

from typing import Any

import msgspec
import pytest

from keystead import hints
from keystead.activation import State
from keystead.capabilities import CAPABILITIES_BY_API
from keystead.documents import License, issue
from keystead.encoding import b64u_encode
from keystead.errors import InvalidDocument
from keystead.instants import DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS, to_seconds
from keystead.local_api import Account
from keystead.trusted_time import ClockReading
from keystead.wire import activation_code
from keystead.wire.nyra import DevicesAnswer
from keystead.wire.offline import OfflineRequest, write_request
from keystead_daemon.effects import Credential, Save
from keystead_daemon.events import (
    ClockChecked,
    Deactivated,
    DevicesListed,
    DocumentImported,
    KeysRequested,
    Moment,
    OfflineRequestCreated,
    PendingCancelled,
    PendingStarted,
    RefreshRequested,
    SignedIn,
    SignedOut,
    SignInStarted,
    Started,
    Stopping,
    TimerFired,
    WakeCause,
    Woken,
)
from keystead_daemon.plan import plan
from keystead_daemon.state import Session
from support.documents import (
    BACKEND,
    DEVICE,
    NOW_MS,
    OTHER_DEVICE,
    PRODUCT,
    STRANGER,
    make_license,
    signed_license,
)
from support.plan_world import PlanWorld, boundary_ms, wire_answer

CHECKOUT = PendingStarted(kind="checkout", session_id="cs_1", url="https://pay", expires_at=NOW_MS)


def active() -> PlanWorld:
    world = PlanWorld()
    world.activate()
    assert world.view.state is State.ACTIVE
    return world


def test_a_first_start_is_unactivated_and_arms_no_timer() -> None:
    world = PlanWorld()
    world.start()
    assert world.view.state is State.UNACTIVATED
    assert (world.asked, world.armed_ms) == (None, None)


def test_the_state_is_known_before_the_keyring_responds() -> None:
    world = active()
    world.start(unlocked=False)
    assert world.view.state is State.ACTIVE
    assert world.opening
    assert world.quiet


def test_an_activated_daemon_refreshes_at_its_start() -> None:
    world = active()
    world.start()
    assert world.asked is Credential.TOKEN


def test_the_next_refresh_follows_after_the_refresh_interval() -> None:
    world = active()
    assert world.view.next_refresh_at == world.wall_ms + 6 * HOUR_MS
    world.pass_ms(6 * HOUR_MS - 1)
    assert world.quiet
    world.pass_ms(1)
    assert world.asked is Credential.TOKEN


def test_a_checkout_is_polled_after_two_seconds_and_survives_a_restart() -> None:
    world = PlanWorld()
    world.start()
    world.happen(CHECKOUT)
    assert world.view.state is State.PENDING
    world.pass_ms(1_900)
    assert world.quiet
    world.start()
    assert world.asked is Credential.PENDING
    assert world.view.checkout is not None
    assert world.view.checkout.url == "https://pay"


def test_an_open_checkout_is_polled_again() -> None:
    world = PlanWorld()
    world.start()
    world.happen(CHECKOUT)
    world.pass_ms(2 * SECOND_MS)
    world.answered(wire_answer("checkout_open"))
    assert world.view.state is State.PENDING
    assert world.view.hints == ()
    assert world.armed_ms is not None
    assert world.armed_ms - world.boot_ms <= 10 * SECOND_MS


def test_an_expired_checkout_is_no_longer_pending() -> None:
    world = PlanWorld()
    world.start()
    world.happen(CHECKOUT)
    world.pass_ms(2 * SECOND_MS)
    world.answered(wire_answer("checkout_expired"))
    assert world.view.state is State.UNACTIVATED
    assert world.armed_ms is None


def test_an_unpaid_checkout_ends_after_a_day() -> None:
    world = PlanWorld()
    world.start()
    world.happen(CHECKOUT)
    for _ in range(300):
        world.pass_ms(HOUR_MS)
        if world.asked is None:
            break
        world.answered(wire_answer("checkout_open"))
    assert world.view.checkout is None
    assert world.wall_ms - NOW_MS <= 26 * HOUR_MS


def test_a_cancelled_checkout_is_not_polled() -> None:
    world = PlanWorld()
    world.start()
    world.happen(CHECKOUT)
    world.happen(PendingCancelled())
    world.pass_ms(DAY_MS)
    assert world.quiet
    assert world.view.state is State.UNACTIVATED


def test_the_response_to_a_cancelled_checkout_does_not_end_the_next_one() -> None:
    world = PlanWorld()
    world.start()
    world.happen(CHECKOUT)
    world.pass_ms(2 * SECOND_MS)
    world.happen(PendingCancelled())
    world.happen(msgspec.structs.replace(CHECKOUT, session_id="cs_2"))
    world.answered(wire_answer("checkout_expired"))
    assert world.view.checkout is not None
    assert world.view.checkout.session_id == "cs_2"


def test_a_settling_payment_is_usable_and_polled_until_it_settles() -> None:
    world = PlanWorld()
    world.activate(make_license(status="settling", period_end_ms=None, boundary_ms=NOW_MS + DAY_MS))
    assert (world.view.state, world.view.usable) == (State.PENDING, True)
    world.pass_ms(30 * SECOND_MS)
    assert world.asked is Credential.TOKEN
    world.answer(make_license(now_ms=world.true_ms))
    assert world.view.state is State.ACTIVE
    assert world.view.checkout is None


def unconfirmed(world: PlanWorld, **changes: Any) -> License:
    """Return a license for a payment that a bank has to confirm."""
    under_way: dict[str, Any] = {"status": "settling", "reason": "payment_not_confirmed"}
    return make_license(now_ms=world.true_ms, active=False, **(under_way | changes))


@pytest.mark.parametrize("confirmed", [True, False])
def test_a_bank_payment_is_polled_for_days_until_the_bank_answers(confirmed: bool) -> None:
    world = PlanWorld()
    world.start()
    world.happen(CHECKOUT)
    for day in range(5):
        world.pass_ms(DAY_MS)
        assert world.asked is Credential.PENDING
        world.answer(unconfirmed(world, jti=f"day-{day}"))
        assert (world.view.state, world.view.usable) == (State.PENDING, False)
        assert world.armed_ms is not None
        assert world.armed_ms - world.boot_ms <= HOUR_MS
    world.pass_ms(HOUR_MS)
    assert world.asked is Credential.PENDING
    if confirmed:
        world.answer(make_license(now_ms=world.true_ms, jti="paid"))
    else:
        world.answer(unconfirmed(world, status="incomplete_expired", jti="failed"))
    assert world.view.state is (State.ACTIVE if confirmed else State.INACTIVE)
    assert world.view.checkout is None


def test_a_refusal_before_the_payment_does_not_end_the_checkout() -> None:
    world = active()
    world.happen(RefreshRequested())
    world.answer(make_license(now_ms=world.true_ms, active=False, status="canceled"))
    world.happen(CHECKOUT)
    world.pass_ms(2 * SECOND_MS)
    world.answer(make_license(now_ms=world.true_ms, active=False, status="canceled", jti="m"))
    assert world.view.checkout is not None
    world.pass_ms(10 * SECOND_MS)
    assert world.asked is Credential.PENDING
    world.answer(make_license(now_ms=world.true_ms))
    assert world.view.state is State.ACTIVE
    assert world.state.persisted.pending is None


@pytest.mark.parametrize("code", ["backend_unreachable", "invalid_token", "internal_error"])
def test_refusals_and_timeouts_never_remove_a_license(code: str) -> None:
    world = active()
    world.happen(RefreshRequested())
    world.fail(code)
    assert world.view.usable
    assert world.view.last_error == code
    assert (hints.BACKEND_UNREACHABLE in world.view.hints) == (code == "backend_unreachable")


def test_an_unsigned_inactive_response_removes_nothing() -> None:
    world = active()
    world.happen(RefreshRequested())
    world.answered(wire_answer("canceled"))
    assert world.view.state is State.ACTIVE
    assert world.view.last_error == "unsigned_answer"


def test_a_signed_inactive_license_is_accepted_and_can_be_renewed() -> None:
    world = active()
    world.happen(RefreshRequested())
    inactive = make_license(now_ms=world.true_ms, active=False, status="canceled")
    world.answer(inactive)
    assert (world.view.state, world.view.usable) == (State.INACTIVE, False)
    world.happen(RefreshRequested())
    assert world.asked is Credential.TOKEN
    world.answer(make_license(now_ms=world.true_ms + 1_000))
    assert world.view.state is State.ACTIVE


@pytest.mark.parametrize(
    ("forged", "code"),
    [
        (signed_license(key=STRANGER), "unknown_key"),
        (signed_license(device=OTHER_DEVICE, now_ms=NOW_MS + DAY_MS), "wrong_device"),
        (signed_license(now_ms=NOW_MS + DAY_MS, nonce="n" * 32), "wrong_nonce"),
        ("x.y.z", "malformed"),
    ],
)
def test_a_refused_license_does_not_replace_the_current_one(forged: str, code: str) -> None:
    world = active()
    world.happen(RefreshRequested())
    world.answered(wire_answer("active", license=forged))
    assert world.view.state is State.ACTIVE
    assert world.view.last_error == code
    assert hints.LICENSE_REFUSED in world.view.hints
    assert forged not in {world.disk.license, world.state.persisted.license}


def test_importing_a_superseded_license_is_refused() -> None:
    world = active()
    old = world.state.persisted.license
    world.pass_ms(HOUR_MS)
    world.happen(RefreshRequested())
    world.answer(make_license(now_ms=world.true_ms, active=False, status="canceled"))
    with pytest.raises(InvalidDocument) as refused:
        world.happen(DocumentImported(old or ""))
    assert refused.value.code == "superseded"
    assert world.view.state is State.INACTIVE


def test_concurrent_callers_share_one_request() -> None:
    world = active()
    world.happen(RefreshRequested())
    asks = world.asks
    world.happen(RefreshRequested())
    world.happen(Woken(WakeCause.NETWORK))
    assert world.asks == asks
    world.answer(make_license(now_ms=world.true_ms))
    assert world.quiet


def test_each_turning_point_causes_a_request_and_a_save() -> None:
    world = active()
    license = world.state.license
    assert license is not None
    end_ms = boundary_ms(license)
    seen = []
    while world.view.state is not State.EXPIRED:
        world.pass_ms(DAY_MS)
        if world.asked is not None:
            seen.append((world.view.state, end_ms - world.wall_ms))
            world.fail()
    assert (State.GRACE, 3 * DAY_MS) in seen
    assert (State.GRACE, DAY_MS) in seen
    assert (State.GRACE, HOUR_MS) in seen
    assert (State.EXPIRED, 0) in seen


def test_a_wake_up_refreshes_at_most_once_a_minute() -> None:
    world = active()
    world.happen(Woken(WakeCause.RESUMED))
    assert world.quiet
    world.pass_ms(MINUTE_MS)
    world.happen(Woken(WakeCause.RESUMED))
    assert world.asked is Credential.TOKEN
    world.fail()
    world.happen(Woken(WakeCause.NETWORK))
    assert world.asked is Credential.TOKEN


def test_retry_after_is_honoured() -> None:
    world = active()
    world.happen(RefreshRequested())
    world.fail("too_many_requests", retry_after_s=7200.0)
    assert world.view.next_refresh_at is not None
    assert world.view.next_refresh_at - world.wall_ms >= 2 * HOUR_MS


def test_a_locked_keyring_is_tried_again() -> None:
    world = active()
    world.start(unlocked=False)
    world.stay_locked()
    assert world.view.state is State.ACTIVE
    assert hints.KEYRING_UNAVAILABLE in world.view.hints
    world.pass_ms(MINUTE_MS)
    assert world.opening
    world.unlock()
    assert hints.KEYRING_UNAVAILABLE not in world.view.hints
    assert world.asked is Credential.TOKEN


def test_a_keyring_prompt_is_not_repeated_every_minute() -> None:
    world = active()
    world.start(unlocked=False)
    asked = []
    for span_ms in (20 * MINUTE_MS, HOUR_MS, 5 * HOUR_MS):
        if world.opening:
            world.stay_locked(prompting=True)
        world.pass_ms(span_ms)
        asked.append(world.opening)
    assert asked == [False, True, False]


def test_a_user_request_tries_a_locked_keyring_at_once() -> None:
    world = active()
    world.start(unlocked=False)
    world.stay_locked()
    world.happen(KeysRequested())
    assert world.opening


def test_a_failed_save_loses_nothing_and_is_tried_again() -> None:
    world = active()
    world.disk.full = True
    world.happen(RefreshRequested())
    world.answer(make_license(now_ms=world.true_ms))
    assert world.view.usable
    assert hints.STORAGE_FAILED in world.view.hints
    world.disk.full = False
    world.pass_ms(5 * MINUTE_MS)
    assert hints.STORAGE_FAILED not in world.view.hints


def test_a_device_limit_is_shown_with_the_devices_and_polled() -> None:
    world = PlanWorld()
    world.start()
    world.happen(CHECKOUT)
    world.pass_ms(2 * SECOND_MS)
    devices = [
        {"deviceId": OTHER_DEVICE.thumbprint, "name": "a", "activatedAt": 1, "lastCheckedAt": None}
    ]
    world.fail(hints.DEVICE_LIMIT, extra={"devices": devices, "deviceLimit": 1})
    assert hints.DEVICE_LIMIT in world.view.hints
    assert world.state.devices_at_limit is not None
    assert world.state.devices_at_limit.devices[0].device_id == OTHER_DEVICE.thumbprint
    world.pass_ms(10 * SECOND_MS)
    assert world.asked is Credential.PENDING
    world.answer(make_license(now_ms=world.true_ms))
    assert (world.view.state, world.view.hints) == (State.ACTIVE, ())


def test_an_imported_file_activates_without_a_network() -> None:
    world = PlanWorld()
    world.start()
    world.happen(DocumentImported(signed_license() + "\n"))
    assert world.view.state is State.ACTIVE
    assert world.view.next_refresh_at is None
    world.start()
    assert world.view.state is State.ACTIVE


@pytest.mark.parametrize("document", ["", "x", "a.b.c", signed_license(device=OTHER_DEVICE)])
def test_a_refused_file_changes_nothing(document: str) -> None:
    world = active()
    before = world.state
    with pytest.raises(InvalidDocument):
        world.happen(DocumentImported(document))
    assert world.state == before


def test_the_license_file_of_another_device_is_untrusted_and_unchanged() -> None:
    world = PlanWorld()
    world.disk.license = signed_license(device=OTHER_DEVICE)
    world.start()
    assert (world.view.state, world.view.reason) == (State.UNTRUSTED, "wrong_device")
    assert world.disk.license is not None
    world.happen(CHECKOUT)
    world.pass_ms(2 * SECOND_MS)
    world.answer(make_license(now_ms=world.true_ms))
    assert world.view.state is State.ACTIVE
    assert len(world.disk.aside) == 1


def test_a_damaged_license_file_is_restored_from_the_vault() -> None:
    world = active()
    good = world.disk.license
    world.disk.license = "spoilt"
    world.start()
    assert world.view.state is State.ACTIVE
    assert world.disk.license == good
    assert world.disk.aside == ["spoilt"]


def test_a_deactivation_deletes_the_token_and_refuses_the_old_license() -> None:
    world = active()
    old = world.disk.license or ""
    world.happen(Deactivated())
    assert world.view.state is State.UNACTIVATED
    assert world.state.persisted.token is None
    with pytest.raises(InvalidDocument):
        world.happen(DocumentImported(old))
    world.disk.license = old
    world.start()
    assert not world.view.usable


def test_a_deactivation_keeps_the_signed_inactive_license() -> None:
    world = active()
    world.happen(RefreshRequested())
    world.answer(make_license(now_ms=world.true_ms, active=False, status="device_removed"))
    world.happen(Deactivated())
    assert (world.view.state, world.view.reason) == (State.INACTIVE, "device_removed")
    assert world.quiet
    world.pass_ms(7 * DAY_MS)
    assert world.quiet


def test_elapsed_time_is_saved_at_the_stop() -> None:
    world = active()
    world.pass_ms(HOUR_MS)
    world.happen(Stopping())
    assert world.disk.device is not None
    assert world.disk.device.mark is not None
    assert world.disk.device.mark.at_ms >= world.true_ms - SECOND_MS


def test_checking_the_clock_causes_no_save_and_no_request() -> None:
    world = active()
    saves = world.saves
    world.happen(ClockChecked())
    world.happen(ClockChecked())
    assert (world.saves, world.asked) == (saves, None)


def test_a_refresh_without_a_credential_sends_no_request() -> None:
    world = PlanWorld()
    world.start()
    world.happen(RefreshRequested())
    assert (world.asked, world.armed_ms) == (None, None)


def test_the_view_has_the_device_id() -> None:
    assert active().view.device_id == DEVICE.thumbprint


@pytest.mark.parametrize("cause", list(WakeCause))
def test_a_wake_up_soon_after_a_response_refreshes_only_after_a_failure(
    cause: WakeCause,
) -> None:
    world = active()
    world.pass_ms(MINUTE_MS - 1)
    world.happen(Woken(cause))
    assert world.quiet
    world.happen(RefreshRequested())
    world.fail()
    assert world.quiet
    world.happen(Woken(cause))
    assert world.asked is Credential.TOKEN


def test_a_wake_up_within_a_minute_of_the_last_response_does_not_refresh() -> None:
    world = active()
    world.pass_ms(MINUTE_MS)
    world.happen(Woken(WakeCause.NETWORK))
    assert world.asked is Credential.TOKEN


def locked(world: PlanWorld) -> PlanWorld:
    """Start a daemon on the same disk whose keyring has not responded yet."""
    world.start(unlocked=False)
    assert world.view.usable
    world.saves = 0
    return world


def test_a_turning_point_that_passes_before_the_keys_are_open_is_not_saved() -> None:
    world = locked(active())
    license = world.state.license
    assert license is not None
    vault = world.disk.vault
    world.wall_ms = boundary_ms(license)
    world.boot_ms += 33 * DAY_MS
    world.happen(ClockChecked())
    assert world.view.state is State.EXPIRED
    assert (world.saves, world.disk.vault) == (0, vault)
    world.unlock()
    assert world.saves > 0


def test_a_stop_before_the_keys_are_open_saves_nothing() -> None:
    world = locked(active())
    vault = world.disk.vault
    world.happen(Stopping())
    assert (world.saves, world.disk.vault) == (0, vault)
    world.unlock()
    saves = world.saves
    world.happen(Stopping())
    assert world.saves == saves + 1


def settling() -> PlanWorld:
    world = PlanWorld()
    license = make_license(status="settling", period_end_ms=None, boundary_ms=NOW_MS + 9 * DAY_MS)
    world.activate(license)
    assert world.state.persisted.pending is not None
    return world


def test_a_payment_that_settles_for_a_day_is_no_longer_polled() -> None:
    world = settling()
    started = world.state.persisted.pending
    assert started is not None
    world.boot_ms = started.boot_ms + DAY_MS - 1
    world.happen(ClockChecked())
    before = (world.state.persisted.pending is not None, world.saves)
    world.boot_ms += 1
    world.happen(ClockChecked())
    assert (world.state.persisted.pending is not None, world.saves) == (False, before[1] + 1)
    assert before[0]


def test_a_settling_payment_that_expires_before_the_keys_are_open_is_not_saved() -> None:
    state = settling().state
    state = msgspec.structs.replace(state, ready=False)
    moment = Moment(ClockReading(NOW_MS, 10 * DAY_MS, "boot-1"), 0.5)
    state, effects = plan(state, ClockChecked(), moment)
    assert state.persisted.pending is None
    assert Save() not in effects


def test_an_activation_code_for_the_open_request_activates() -> None:
    world = PlanWorld()
    world.start()
    with pytest.raises(InvalidDocument) as refused:
        world.happen(DocumentImported("K7M2A"))
    assert refused.value.code == "no_request"
    request = OfflineRequest(
        aud=PRODUCT,
        device_id=DEVICE.thumbprint,
        device_name="press room",
        iat=to_seconds(NOW_MS),
        nonce=b64u_encode(b"n" * 24),
    )
    saves = world.saves
    world.happen(OfflineRequestCreated(write_request(request, DEVICE)))
    assert world.saves == saves + 1
    license = make_license(
        iss="https://billing.example",
        jti=activation_code.jti_for(request.iat, request.nonce),
        nonce=request.nonce,
        entitlement=None,
        active=False,
        status="canceled",
    )
    license = msgspec.structs.replace(license, iat=request.iat)
    world.state = msgspec.structs.replace(
        world.state,
        config=msgspec.structs.replace(world.state.config, issuers=("https://billing.example",)),
    )
    world.happen(DocumentImported(activation_code.encode(issue(license, BACKEND), request)))
    assert world.view.state is State.INACTIVE


def test_removing_another_device_at_the_limit_polls_at_once() -> None:
    world = PlanWorld()
    world.start()
    listed = DevicesListed(DevicesAnswer(devices=(), device_limit=1))
    before = world.state
    world.happen(listed)
    assert world.state.devices_at_limit is None
    assert world.state == msgspec.structs.replace(before, checked_ms=world.state.checked_ms)
    world.happen(CHECKOUT)
    world.pass_ms(2 * SECOND_MS)
    world.fail(hints.DEVICE_LIMIT, extra={"devices": [], "deviceLimit": 1})
    assert world.quiet
    world.happen(listed)
    assert world.asked is Credential.PENDING


def test_a_device_limit_without_a_valid_list_is_still_shown() -> None:
    world = PlanWorld()
    world.start()
    world.happen(CHECKOUT)
    world.pass_ms(2 * SECOND_MS)
    world.fail(hints.DEVICE_LIMIT, extra={"devices": "none"})
    assert world.state.devices_at_limit is None
    assert hints.DEVICE_LIMIT in world.view.hints


def test_a_checkout_unknown_to_the_backend_ends_after_15_minutes() -> None:
    world = PlanWorld()
    world.start()
    world.happen(CHECKOUT)
    world.pass_ms(2 * SECOND_MS)
    world.fail("unknown_device")
    still_shown = world.view.checkout is not None
    world.boot_ms = 3_600_000 + 15 * MINUTE_MS
    world.happen(TimerFired())
    world.fail("unknown_device")
    assert (still_shown, world.view.checkout) == (True, None)


def test_a_session_is_shown_where_the_billing_api_has_sessions() -> None:
    world = PlanWorld()
    nothing = world.view.account
    session = Session(access_token="t", refresh_token=None, ends_at=1, subject="s", account="a")
    signed_in = CAPABILITIES_BY_API["crow"]
    config = msgspec.structs.replace(world.state.config, capabilities=signed_in)
    world.state = msgspec.structs.replace(world.state, config=config)
    world.happen(Started(None, None))
    world.unlock()
    assert (nothing, world.view.account) == (None, Account(signed_in=False))
    world.happen(SignedIn(session))
    assert world.view.account == Account(signed_in=True, subject="s", account="a")
    world.happen(SignInStarted())
    assert world.view.account == Account(
        signed_in=True, subject="s", account="a", waiting=True, problem=None
    )
    world.happen(SignedOut("session_ended"))
    assert world.view.account is not None
    assert (world.view.account.signed_in, world.view.account.problem) == (False, "session_ended")
