"""The seven properties of activation, over generated histories of one device.

The state machine simulates true time, a wall clock that can be set to anything, a boot clock, a
backend with a subscription, a device that stores what it accepted, and an attacker who replays old
licenses. The device uses the same pure functions as the daemon.
"""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from keystead.activation import Activation, State, decide
from keystead.documents import License, issue
from keystead.errors import InvalidDocument
from keystead.instants import DAY_MS, HOUR_MS, to_ms
from keystead.trust import Newest, accept_license
from keystead.trusted_time import (
    ClockReading,
    NonceOpening,
    TimeState,
    TrustedNow,
    advance_mark,
    anchor_of,
    nonce_for,
    trusted_now,
    with_anchor,
    with_floor,
)
from support.documents import (
    BACKEND,
    DEVICE,
    GRACE_MS,
    KEYS,
    NOW_MS,
    OTHER_DEVICE,
    PRODUCT,
    make_license,
)
from support.nightly import nightly_except, run_shard

MONTH_MS = 30 * DAY_MS
Y2038 = 2_147_483_647_000
FALLING = (State.ACTIVE, State.GRACE, State.EXPIRED)

long = st.integers(0, 45 * DAY_MS)
clocks = st.one_of(
    st.just(0),
    st.integers(-400 * DAY_MS, 0),
    st.integers(0, 400 * DAY_MS),
    st.just(Y2038 - NOW_MS),
)


class Device(msgspec.Struct):
    """The stored data of a device: ``time`` in memory, ``saved`` on its disk."""

    time: TimeState = TimeState()
    saved: TimeState = TimeState()
    license: License | None = None


class Histories(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.true_ms = NOW_MS
        self.boot_ms = 60_000
        self.boot = 1
        self.wall_off_ms = 0
        self.period_end_ms = NOW_MS + MONTH_MS
        self.status = "active"
        self.device = Device()
        self.issued: list[str] = []
        self.salt = 0
        # For the properties: running time and states since the last new evidence.
        self.usable_run_ms = 0
        self.run_ms = 0
        self.fallen_to = 0
        self.clock_was_turned_back = False

    # --- simulated environment ---------------------------------------------------------------

    def reading(self) -> ClockReading:
        return ClockReading(self.true_ms + self.wall_off_ms, self.boot_ms, f"boot-{self.boot}")

    def now(self) -> TrustedNow:
        license = self.device.license
        return trusted_now(self.device.time, self.reading(), to_ms(license.iat) if license else 0)

    def shown(self) -> Activation:
        return decide(self.device.license, self.now().now_ms)

    def entitled(self) -> bool:
        return self.status == "active" and self.true_ms < self.period_end_ms + GRACE_MS

    def backend_issues(self, nonce: str | None) -> str:
        if self.entitled():
            license = make_license(now_ms=self.true_ms, period_end_ms=self.period_end_ms)
        else:
            license = make_license(
                now_ms=self.true_ms,
                boundary_ms=self.true_ms + DAY_MS,
                active=False,
                status="canceled",
            )
        self.salt += 1
        named = msgspec.structs.replace(license, nonce=nonce, jti=f"lic_{self.salt:06}")
        self.issued.append(issue(named, BACKEND))
        return self.issued[-1]

    def accept(self, compact: str, nonce_opening: NonceOpening | None) -> None:
        device = self.device
        license = accept_license(
            compact,
            keys=KEYS,
            product=PRODUCT,
            device=DEVICE.thumbprint,
            newest=Newest.of(device.license) if device.license else None,
            nonce=nonce_for(nonce_opening) if nonce_opening else None,
        )
        new = device.license is None or Newest.of(license) > Newest.of(device.license)
        device.license = license
        device.time = with_floor(device.time, to_ms(license.iat), self.reading())
        anchor = anchor_of(license, nonce_opening)
        if anchor is not None:
            device.time = with_anchor(device.time, anchor, self.reading())
        device.saved = device.time
        if new:
            self.usable_run_ms = 0
            self.run_ms = 0
            self.fallen_to = 0
            self.clock_was_turned_back = False

    # --- rules -------------------------------------------------------------------------------

    @rule(ms=st.integers(0, 20 * DAY_MS))
    def the_program_runs(self, ms: int) -> None:
        """Advance time in steps, as a running program observes it."""
        self.run_ms += ms
        while ms > 0:
            step = min(ms, 6 * HOUR_MS)
            usable = self.shown().usable
            self.true_ms += step
            self.boot_ms += step
            if usable and self.shown().usable:
                self.usable_run_ms += step
            ms -= step
        self.device.time = advance_mark(self.device.time, self.reading())
        self.device.saved = self.device.time

    @rule(ms=long)
    def the_machine_sleeps(self, ms: int) -> None:
        self.true_ms += ms
        self.boot_ms += ms

    @rule(ms=long)
    def the_machine_reboots(self, ms: int) -> None:
        self.true_ms += ms
        self.boot += 1
        self.boot_ms = 30_000
        self.device.time = advance_mark(self.device.saved, self.reading())

    @rule(off_ms=clocks)
    def the_wall_clock_is_changed(self, off_ms: int) -> None:
        before = self.now().now_ms
        self.wall_off_ms = off_ms
        self.clock_was_turned_back |= self.now().now_ms < before

    @rule(latency_ms=st.integers(0, 30_000))
    def a_refresh_succeeds(self, latency_ms: int) -> None:
        """Property 4: one refresh restores the entitled state, whatever the wall clock shows."""
        nonce_opening = NonceOpening(f"boot-{self.boot}", self.boot_ms, str(self.salt))
        answer = self.backend_issues(nonce_for(nonce_opening))
        rightful = self.entitled()
        self.true_ms += latency_ms
        self.boot_ms += latency_ms
        self.accept(answer, nonce_opening)
        assert self.shown().usable == (rightful and self.entitled())
        # Signed time is whole seconds, rounded down, and counts from the sending.
        assert -1000 < self.now().now_ms - self.true_ms <= latency_ms
        assert self.now().signed

    @rule(garbage=st.sampled_from(["", "<html>Welcome to the hotel</html>", "{}", "a.b.c"]))
    def a_refresh_fails(self, garbage: str) -> None:
        """Property 2: an unsigned response changes nothing."""
        before = (self.device.license, self.device.time, self.shown())
        with pytest.raises(InvalidDocument):
            self.accept(garbage, None)
        assert (self.device.license, self.device.time, self.shown()) == before

    @precondition(lambda self: self.issued)
    @rule(data=st.data())
    def an_old_license_is_replayed(self, data: st.DataObject) -> None:
        """Properties 5 and 7: an older license is refused; a repeated one changes nothing."""
        compact = data.draw(st.sampled_from(self.issued))
        before = (self.device.license, self.shown().state)
        if compact == self.issued[-1]:
            self.accept(compact, None)
        else:
            with pytest.raises(InvalidDocument, match="older"):
                self.accept(compact, None)
        assert (self.device.license, self.shown().state) == before

    @precondition(lambda self: self.issued)
    @rule(data=st.data())
    def the_folder_is_copied(self, data: st.DataObject) -> None:
        """Property 6: licenses copied to a device with another key are refused."""
        with pytest.raises(InvalidDocument) as refused:
            accept_license(
                data.draw(st.sampled_from(self.issued)),
                keys=KEYS,
                product=PRODUCT,
                device=OTHER_DEVICE.thumbprint,
                newest=None,
            )
        assert refused.value.code == "wrong_device"

    @rule()
    def the_subscription_renews(self) -> None:
        self.status = "active"
        self.period_end_ms = max(self.period_end_ms, self.true_ms) + MONTH_MS

    @rule()
    def the_subscription_is_refunded(self) -> None:
        self.status = "canceled"

    # --- invariants --------------------------------------------------------------------------

    @invariant()
    def a_usable_device_has_a_signed_license_before_its_boundary(self) -> None:
        license, shown = self.device.license, self.shown()
        if shown.usable:
            assert license is not None
            assert license.active
            assert self.now().now_ms < to_ms(license.exp) == shown.until

    @invariant()
    def without_new_evidence_the_state_never_improves(self) -> None:
        """Property 1, except after correcting a clock that was ahead (tested below)."""
        state = self.shown().state
        if state not in FALLING:
            return
        rank = FALLING.index(state)
        if self.clock_was_turned_back:
            self.fallen_to = rank
            self.clock_was_turned_back = False
        assert rank >= self.fallen_to
        self.fallen_to = rank

    @invariant()
    def a_paid_device_is_usable_before_its_boundary(self) -> None:
        """Property 2, while the wall clock is not ahead or signed time is used instead."""
        license = self.device.license
        if license is None or not license.active or self.true_ms >= to_ms(license.exp) - 30_000:
            return
        if self.wall_off_ms <= 0 or self.now().signed:
            assert self.shown().usable

    @invariant()
    def changing_the_clock_gains_no_time(self) -> None:
        """Property 3: all running time since the last signed time counts."""
        license = self.device.license
        if license is not None:
            assert self.now().now_ms >= to_ms(license.iat) + self.run_ms
            assert self.usable_run_ms <= to_ms(license.exp - license.iat)


@pytest.mark.generated
@pytest.mark.parametrize("shard", nightly_except(range(8), {0}))
def test_the_seven_properties_hold_in_any_history(shard: int) -> None:
    run_shard(Histories, shard, max_examples=150, steps=50)


def test_correcting_a_clock_that_was_ahead_restores_the_active_state() -> None:
    """Correcting the clock is the only way to a better state without new evidence.

    After an offline reboot, a wall clock in 2038 shows the license as expired. The clock is used,
    because this boot has no signed time yet, but its time is not stored.
    """
    license = make_license()
    saved = with_floor(TimeState(), NOW_MS, ClockReading(NOW_MS, 1000, "boot-1"))
    ahead = trusted_now(saved, ClockReading(Y2038, 1000, "boot-2"))
    saved = advance_mark(saved, ClockReading(Y2038, 2000, "boot-2"))
    put_right = trusted_now(saved, ClockReading(NOW_MS + DAY_MS, 3000, "boot-2"))
    assert decide(license, ahead.now_ms).state is State.EXPIRED
    assert decide(license, put_right.now_ms).state is State.ACTIVE
