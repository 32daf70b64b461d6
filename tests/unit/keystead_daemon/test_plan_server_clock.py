"""The daemon's reaction to a server whose clock is far from this device's."""

from __future__ import annotations

from typing import Any

import msgspec

from keystead import hints
from keystead.documents import issue
from keystead.instants import DAY_MS, HOUR_MS, MINUTE_MS
from keystead.trusted_time import ClockReading, NonceOpening, nonce_for
from keystead_daemon.effects import Credential
from keystead_daemon.events import Moment, StatusReceived
from keystead_daemon.plan import plan
from keystead_daemon.state import PersistedState, ProductConfig, State, now_of
from keystead_daemon.view import view
from support.documents import BACKEND, DEVICE, KEYS, NOW_MS, PRODUCT, make_license
from support.plan_world import wire_answer

BOOT_MS = 5 * DAY_MS
MOMENT = Moment(ClockReading(NOW_MS, BOOT_MS, "boot-1"), 0.5)
READY = State(
    config=ProductConfig(PRODUCT, KEYS),
    ready=True,
    device_id=DEVICE.thumbprint,
    persisted=PersistedState(token="t"),
)
CANCELED: dict[str, Any] = {"active": False, "status": "canceled"}


def answered(state: State, at_ms: int, *, waited_ms: int = 1, **changes: Any) -> State:
    """Answer the last question with a license that was issued at ``at_ms``."""
    opening = NonceOpening("boot-1", BOOT_MS - waited_ms, "salt")
    if not changes.get("active", True):
        changes["boundary_ms"] = at_ms + DAY_MS
    license = make_license(now_ms=at_ms, nonce=nonce_for(opening), **changes)
    answer = wire_answer(license.status, license=issue(license, BACKEND))
    event = StatusReceived(Credential.TOKEN, answer, opening, asked_after=state.persisted.newest)
    return plan(msgspec.structs.replace(state, request_in_flight=None), event, MOMENT)[0]


def wait_ms(state: State) -> int:
    assert state.refresh_due is not None
    return state.refresh_due.boot_ms - BOOT_MS


def hints_now(state: State) -> tuple[str, ...]:
    return view(state, MOMENT.reading, None).hints


def test_a_license_that_a_far_server_clock_ends_is_asked_for_again_within_a_minute() -> None:
    fine = answered(READY, NOW_MS)
    assert hints_now(fine) == ()
    state, waits = fine, []
    for number in range(8):
        state = answered(state, NOW_MS + 365 * DAY_MS, jti=f"{number}", **CANCELED)
        assert hints_now(state) == (hints.SERVER_CLOCK,)
        assert view(state, MOMENT.reading, None).state == "inactive"
        waits.append(wait_ms(state))
    assert waits[0] <= MINUTE_MS
    assert waits[1] == 2 * waits[0]
    assert waits[-1] == waits[-2] <= HOUR_MS
    state = answered(state, NOW_MS)
    assert (hints_now(state), state.license and state.license.active) == ((), True)
    assert wait_ms(state) > HOUR_MS


def test_a_far_server_clock_that_ends_nothing_needs_no_further_request() -> None:
    fine = answered(READY, NOW_MS)
    state = answered(fine, NOW_MS + 2 * DAY_MS)
    assert (hints_now(state), view(state, MOMENT.reading, None).usable) == (
        (hints.SERVER_CLOCK,),
        True,
    )
    assert wait_ms(state) > HOUR_MS
    over = answered(fine, NOW_MS, **CANCELED)
    over = answered(over, NOW_MS + 365 * DAY_MS, **CANCELED, jti="n")
    assert (hints_now(over), wait_ms(over) > HOUR_MS) == ((hints.SERVER_CLOCK,), True)


def test_an_answer_that_a_sleep_delayed_is_asked_for_again_at_once() -> None:
    state = answered(READY, NOW_MS, waited_ms=3 * DAY_MS)
    assert now_of(state, MOMENT.reading).now_ms == NOW_MS + 3 * DAY_MS
    assert state.request_in_flight is Credential.TOKEN
