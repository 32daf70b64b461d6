"""When the next request is due, by state and failures."""

import msgspec
import pytest

from keystead.instants import DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS
from keystead.trusted_time import ClockReading
from keystead_daemon import due_times
from keystead_daemon.effects import Credential
from keystead_daemon.events import Moment
from keystead_daemon.state import (
    CHECKOUT,
    Due,
    Failure,
    PendingActivation,
    PersistedState,
    ProductConfig,
    State,
)
from support.documents import KEYS, NOW_MS, PRODUCT, make_license

BOOT_MS = 5 * DAY_MS
MOMENT = Moment(ClockReading(NOW_MS, BOOT_MS, "boot-1"), 0.5)
PENDING = PendingActivation(
    kind=CHECKOUT,
    session_id="cs_1",
    url=None,
    started_at=NOW_MS - MINUTE_MS,
    expires_at=NOW_MS + DAY_MS,
    boot_ms=BOOT_MS - MINUTE_MS,
    boot_id="boot-1",
)
EMPTY = State(config=ProductConfig(PRODUCT, KEYS), ready=True)
ACTIVE = msgspec.structs.replace(
    EMPTY,
    license=make_license(),
    persisted=PersistedState(license="l", token="t"),
    answered_since_start=True,
)


def with_pending(state: State, **changes: object) -> State:
    pending = msgspec.structs.replace(PENDING, **changes)
    persisted = msgspec.structs.replace(state.persisted, pending=pending)
    return msgspec.structs.replace(state, persisted=persisted)


def in_ms(due: Due | None) -> int:
    """Return how long until a due time (ms). Both clocks must agree."""
    assert due is not None
    assert due.at_ms - NOW_MS == due.boot_ms - BOOT_MS
    return due.boot_ms - BOOT_MS


def test_due_now_covers_every_request_that_can_be_sent() -> None:
    now = Due(BOOT_MS, NOW_MS)
    both = due_times.due_now(with_pending(ACTIVE), MOMENT)
    assert (both.refresh_due, both.poll_due) == (now, now)
    nothing = due_times.due_now(EMPTY, MOMENT)
    assert (nothing.refresh_due, nothing.poll_due) == (None, None)
    locked = due_times.due_now(msgspec.structs.replace(EMPTY, ready=False), MOMENT)
    assert (locked.refresh_due, locked.poll_due) == (now, None)


@pytest.mark.parametrize(
    ("boot_id", "boot_ms", "started_at", "elapsed_ms"),
    [
        ("boot-1", BOOT_MS - HOUR_MS, 0, HOUR_MS),
        ("boot-1", BOOT_MS, 0, 0),
        ("boot-1", BOOT_MS + 1, NOW_MS - 7, 7),
        ("boot-0", BOOT_MS - HOUR_MS, NOW_MS - 7, 7),
        ("boot-0", 0, NOW_MS + 7, 0),
    ],
)
def test_elapsed_time_within_a_boot_is_measured_by_the_boot_clock(
    boot_id: str, boot_ms: int, started_at: int, elapsed_ms: int
) -> None:
    pending = msgspec.structs.replace(
        PENDING, boot_id=boot_id, boot_ms=boot_ms, started_at=started_at
    )
    assert due_times.elapsed_ms(EMPTY, pending, MOMENT) == elapsed_ms


def test_a_regular_refresh_needs_a_token() -> None:
    assert due_times.next_refresh(EMPTY, MOMENT) is None
    assert in_ms(due_times.next_refresh(ACTIVE, MOMENT)) == 6 * HOUR_MS
    unlicensed = msgspec.structs.replace(ACTIVE, license=None)
    assert in_ms(due_times.next_refresh(unlicensed, MOMENT)) == 6 * HOUR_MS


def test_while_a_payment_settles_the_refresh_is_as_frequent_as_a_poll() -> None:
    settling = msgspec.structs.replace(
        with_pending(ACTIVE), license=make_license(status="settling")
    )
    assert in_ms(due_times.next_refresh(settling, MOMENT)) == 3 * SECOND_MS
    assert in_ms(due_times.next_refresh(with_pending(ACTIVE), MOMENT)) == 6 * HOUR_MS
    often = msgspec.structs.replace(
        settling, license=make_license(status="settling", refresh_after_seconds=1)
    )
    old = with_pending(often, boot_ms=0)
    assert in_ms(due_times.next_refresh(old, MOMENT)) == 10 * SECOND_MS


def test_a_poll_needs_an_unanswered_pending_activation() -> None:
    assert due_times.next_poll(ACTIVE, MOMENT) is None
    assert due_times.next_poll(with_pending(ACTIVE, answered=True), MOMENT) is None
    assert in_ms(due_times.next_poll(with_pending(EMPTY), MOMENT)) == 3 * SECOND_MS
    assert in_ms(due_times.next_poll(with_pending(EMPTY), MOMENT, 100.0)) == 105 * SECOND_MS


def waits(state: State, failures: int, retry_after_s: float | None = None) -> int:
    return in_ms(due_times.next_retry(state, MOMENT, failures, retry_after_s))


def test_a_background_retry_keeps_the_regular_interval_after_the_first() -> None:
    fresh = msgspec.structs.replace(ACTIVE, answered_since_start=False)
    first_ms = 30 * SECOND_MS + (HOUR_MS - 30 * SECOND_MS) // 2
    assert waits(fresh, 1) == first_ms
    assert waits(ACTIVE, 1) < first_ms
    assert waits(ACTIVE, 2) == waits(fresh, 2) == 6 * HOUR_MS


def test_a_waiting_person_gets_short_retries_for_ten_failures() -> None:
    waiting = msgspec.structs.replace(ACTIVE, user_waiting=True)
    assert [waits(waiting, n) for n in (1, 2, 10)] == [15 * SECOND_MS, 30 * SECOND_MS, HOUR_MS / 2]
    assert waits(waiting, 11) == 6 * HOUR_MS


def test_within_a_day_of_the_boundary_retries_are_urgent() -> None:
    near = make_license(period_end_ms=None, boundary_ms=NOW_MS + DAY_MS - 1000)
    far = make_license(period_end_ms=None, boundary_ms=NOW_MS + DAY_MS)
    assert waits(msgspec.structs.replace(ACTIVE, license=near), 2) == 30 * SECOND_MS
    assert waits(msgspec.structs.replace(ACTIVE, license=far), 2) == 6 * HOUR_MS
    assert waits(msgspec.structs.replace(ACTIVE, license=None), 2) == 6 * HOUR_MS


def test_retry_after_delays_a_retry() -> None:
    assert waits(ACTIVE, 2, 36_000.0) == 10.5 * HOUR_MS


def test_a_failure_delays_the_request_that_failed() -> None:
    state = msgspec.structs.replace(
        with_pending(ACTIVE), failure=Failure("timeout", "No.", True, count=2)
    )
    after_poll = due_times.with_retry(state, Credential.PENDING, MOMENT, None)
    assert (after_poll.refresh_due, in_ms(after_poll.poll_due)) == (None, 3 * SECOND_MS)
    after_refresh = due_times.with_retry(state, Credential.TOKEN, MOMENT, None)
    assert (in_ms(after_refresh.refresh_due), after_refresh.poll_due) == (6 * HOUR_MS, None)
    polled = due_times.with_retry(state, Credential.PENDING, MOMENT, 1000.0)
    assert in_ms(polled.poll_due) == 1050 * SECOND_MS
    refreshed = due_times.with_retry(state, Credential.TOKEN, MOMENT, 36_000.0)
    assert in_ms(refreshed.refresh_due) == 10.5 * HOUR_MS


def test_the_interval_of_the_license_limits_every_retry() -> None:
    often = msgspec.structs.replace(ACTIVE, license=make_license(refresh_after_seconds=600))
    fresh = msgspec.structs.replace(often, answered_since_start=False)
    assert waits(often, 2) == 10 * MINUTE_MS
    assert (waits(often, 1), waits(fresh, 1)) == (590_000, 600_000)
    often_s = msgspec.structs.replace(ACTIVE, license=make_license(refresh_after_seconds=20))
    assert waits(often_s, 1) < 20 * SECOND_MS


def test_a_retry_without_a_recorded_failure_counts_as_the_first() -> None:
    first = due_times.with_retry(ACTIVE, Credential.TOKEN, MOMENT, None)
    assert in_ms(first.refresh_due) == waits(ACTIVE, 1) < waits(ACTIVE, 2)


def test_the_age_of_a_pending_activation_of_an_earlier_boot_is_by_trusted_time() -> None:
    earlier = {"boot_id": "boot-0", "started_at": NOW_MS - HOUR_MS}
    poll_ms = in_ms(due_times.next_poll(with_pending(EMPTY, **earlier), MOMENT))
    settling = msgspec.structs.replace(
        with_pending(ACTIVE, **earlier), license=make_license(status="settling")
    )
    assert poll_ms == in_ms(due_times.next_refresh(settling, MOMENT)) == 11.25 * MINUTE_MS
