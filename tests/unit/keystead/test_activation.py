"""States of a license at each time, with limits that are exact to the millisecond."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from keystead.activation import Activation, State, decide, period_end, turning_points
from keystead.documents import License
from keystead.instants import DAY_MS, HOUR_MS, to_ms
from support.documents import NOW_MS, make_license

PERIOD_MS = NOW_MS + 30 * DAY_MS
BOUNDARY_MS = NOW_MS + 33 * DAY_MS
FALLING = [State.ACTIVE, State.GRACE, State.EXPIRED]


def canceling() -> License:
    license = make_license(boundary_ms=PERIOD_MS)
    assert license.entitlement is not None
    paid = msgspec.structs.replace(license.entitlement, cancel_at_period_end=True)
    return msgspec.structs.replace(license, entitlement=paid)


@pytest.mark.parametrize(
    ("license", "now_ms", "state", "usable", "reason"),
    [
        (make_license(), NOW_MS, State.ACTIVE, True, "active"),
        (make_license(), PERIOD_MS - 1, State.ACTIVE, True, "active"),
        (make_license(), PERIOD_MS, State.GRACE, True, "period_over"),
        (make_license(), BOUNDARY_MS - 1, State.GRACE, True, "period_over"),
        (make_license(), BOUNDARY_MS, State.EXPIRED, False, "boundary_passed"),
        (make_license(), BOUNDARY_MS + 10**12, State.EXPIRED, False, "boundary_passed"),
        (make_license(status="trialing"), NOW_MS, State.ACTIVE, True, "trialing"),
        (make_license(status="from_2031"), NOW_MS, State.ACTIVE, True, "from_2031"),
        (make_license(status="past_due"), NOW_MS, State.GRACE, True, "past_due"),
        (make_license(status="past_due"), BOUNDARY_MS, State.EXPIRED, False, "boundary_passed"),
        (canceling(), PERIOD_MS - 1, State.ACTIVE, True, "active"),
        (canceling(), PERIOD_MS, State.EXPIRED, False, "boundary_passed"),
        (
            make_license(status="settling", period_end_ms=None, boundary_ms=NOW_MS + DAY_MS),
            NOW_MS,
            State.PENDING,
            True,
            "settling",
        ),
        (
            make_license(status="settling", period_end_ms=None, boundary_ms=NOW_MS + DAY_MS),
            NOW_MS + DAY_MS,
            State.EXPIRED,
            False,
            "boundary_passed",
        ),
        (make_license(active=False, status="canceled"), NOW_MS, State.INACTIVE, False, "canceled"),
        (
            make_license(active=False, status="unpaid"),
            BOUNDARY_MS * 2,
            State.INACTIVE,
            False,
            "unpaid",
        ),
        # A bank has not confirmed the payment yet, and may take longer than the document lasts.
        *(
            (
                make_license(active=False, status="settling", reason="payment_not_confirmed"),
                now_ms,
                State.PENDING,
                False,
                "payment_not_confirmed",
            )
            for now_ms in (NOW_MS, BOUNDARY_MS * 2)
        ),
        # A clock before the license was issued: the signed time is a floor.
        (make_license(), 0, State.ACTIVE, True, "active"),
    ],
)
def test_each_license_has_the_state_of_the_table(
    license: License, now_ms: int, state: State, usable: bool, reason: str
) -> None:
    activation = decide(license, now_ms)
    assert (activation.state, activation.usable, activation.reason) == (state, usable, reason)
    assert activation.until == (to_ms(license.exp) if usable else None)


def test_without_a_license_the_state_depends_on_checkout_and_refusal() -> None:
    assert decide(None, NOW_MS).state is State.UNACTIVATED
    assert decide(None, NOW_MS, checkout_open=True).state is State.PENDING
    assert decide(None, NOW_MS, checkout_open=True, refused="unknown_key").state is State.PENDING
    refused = decide(None, NOW_MS, refused="unknown_key")
    assert (refused.state, refused.usable, refused.reason) == (
        State.UNTRUSTED,
        False,
        "unknown_key",
    )


def test_turning_points_are_the_period_end_and_times_before_the_boundary() -> None:
    points = turning_points(make_license())
    assert points == (PERIOD_MS, BOUNDARY_MS - DAY_MS, BOUNDARY_MS - HOUR_MS, BOUNDARY_MS)
    assert turning_points(None) == ()
    assert turning_points(make_license(active=False, status="canceled")) == ()


@given(
    st.integers(0, 2 * BOUNDARY_MS),
    st.integers(0, 2 * BOUNDARY_MS),
    st.sampled_from(["active", "trialing", "past_due", "unknown"]),
)
def test_time_alone_never_improves_the_state(earlier: int, later: int, status: str) -> None:
    earlier, later = sorted((earlier, later))
    license = make_license(status=status)
    before, after = decide(license, earlier), decide(license, later)
    assert FALLING.index(after.state) >= FALLING.index(before.state)
    assert before.usable or not after.usable


@given(st.integers(0, 2 * BOUNDARY_MS))
def test_the_state_is_constant_between_two_turning_points(now_ms: int) -> None:
    license = make_license()
    upcoming = [point for point in turning_points(license) if point > now_ms]
    if upcoming:
        assert decide(license, now_ms).state is decide(license, upcoming[0] - 1).state


def test_without_a_license_the_reason_is_given() -> None:
    unactivated = Activation(State.UNACTIVATED, False, None, "no_license")
    assert decide(None, NOW_MS) == unactivated
    pending = Activation(State.PENDING, False, None, "checkout_open")
    assert decide(None, NOW_MS, checkout_open=True, refused="malformed") == pending
    untrusted = Activation(State.UNTRUSTED, False, None, "malformed")
    assert decide(None, NOW_MS, refused="malformed") == untrusted


def test_a_license_without_a_period_has_turning_points_at_its_boundary_only() -> None:
    license = make_license(period_end_ms=None, boundary_ms=NOW_MS + 9 * DAY_MS)
    assert period_end(license) is None
    assert period_end(None) is None
    assert period_end(make_license(active=False, entitlement=None)) is None
    end_ms = NOW_MS + 9 * DAY_MS
    assert turning_points(license) == (end_ms - DAY_MS, end_ms - HOUR_MS, end_ms)


def test_a_refusal_s_own_reason_comes_before_its_status() -> None:
    refused = make_license(active=False, status="active", reason="refunded")
    assert decide(refused, NOW_MS).reason == "refunded"
    for unknown in (None, "a_reason_of_2031"):
        changed = msgspec.structs.replace(refused, reason=unknown)
        assert decide(changed, NOW_MS).reason == "active"
