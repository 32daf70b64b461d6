"""The seven properties of activation, over generated histories of one device.

The state machine simulates true time, a wall clock that can be set to anything, a boot clock that
a user can replace by one of their own, kills, reboots, copies of the files, a backend with a
subscription whose clock can be wrong, a device that stores what it accepted, and an attacker who
replays old licenses. The device uses the same pure functions as the daemon.
"""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from keystead.activation import Activation, State, decide
from keystead.device_statement import DeviceStatement, read_statement, write_statement
from keystead.documents import License, issue
from keystead.errors import InvalidDocument
from keystead.instants import DAY_MS, to_ms
from keystead.trust import accept_license
from keystead.trusted_time import (
    ClockReading,
    NonceOpening,
    TimeState,
    TrustedNow,
    advance_mark,
    nonce_for,
    trusted_now,
    with_floor,
)
from keystead_daemon import evidence
from keystead_daemon.due_times import MARK_INTERVAL_MS
from keystead_daemon.effects import Credential
from keystead_daemon.events import DocumentImported, KeysOpened, Moment, Started, StatusReceived
from keystead_daemon.state import PersistedState, ProductConfig, activation_of, now_of
from keystead_daemon.state import State as DaemonState
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
from support.plan_world import wire_answer

MONTH_MS = 30 * DAY_MS
Y2038 = 2_147_483_647_000
FALLING = (State.ACTIVE, State.GRACE, State.EXPIRED)
EMPTY = DaemonState(config=ProductConfig(PRODUCT, KEYS), device_id=DEVICE.thumbprint, ready=True)

long = st.integers(0, 45 * DAY_MS)
clocks = st.one_of(
    st.just(0),
    st.integers(-400 * DAY_MS, 0),
    st.integers(0, 400 * DAY_MS),
    st.just(Y2038 - NOW_MS),
)
server_clocks = st.one_of(st.just(0), st.integers(-400 * DAY_MS, 400 * DAY_MS))


class Histories(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.true_ms = NOW_MS
        self.boot_ms = 60_000
        self.boot = 1
        #: A boot clock of the user's own, under a boot id that they can use again.
        self.private_boot_ms: int | None = None
        self.wall_off_ms = 0
        self.server_off_ms = 0
        self.period_end_ms = NOW_MS + MONTH_MS
        self.status = "active"
        self.state = EMPTY
        self.saved = PersistedState()
        self.unsaved_ms = 0
        self.issued: list[str] = []
        self.salt = 0
        # For the properties: running time and states since the last new evidence.
        self.usable_run_ms = 0
        self.run_ms = 0
        self.lost_ms = 0
        self.fallen_to = 0
        self.time_was_turned_back = False
        self.answer_off_ms = 0
        self.private_clock_was_used = False

    # --- simulated environment ---------------------------------------------------------------

    def reading(self) -> ClockReading:
        wall_ms = self.true_ms + self.wall_off_ms
        if self.private_boot_ms is not None:
            return ClockReading(wall_ms, self.private_boot_ms, "of the user's", False)
        return ClockReading(wall_ms, self.boot_ms, f"boot-{self.boot}")

    def moment(self) -> Moment:
        return Moment(self.reading(), 0.5)

    @property
    def license(self) -> License | None:
        return self.state.license

    def now(self) -> TrustedNow:
        return now_of(self.state, self.reading())

    def shown(self) -> Activation:
        return activation_of(self.state, self.now().now_ms)

    def server_ms(self) -> int:
        return self.true_ms + self.server_off_ms

    def entitled(self) -> bool:
        return self.status == "active" and self.server_ms() < self.period_end_ms + GRACE_MS

    def pass_ms(self, ms: int) -> None:
        self.true_ms += ms
        self.boot_ms += ms
        if self.private_boot_ms is not None:
            self.private_boot_ms += ms

    def backend_issues(self, nonce: str | None) -> str:
        at_ms = self.server_ms()
        if self.entitled():
            license = make_license(now_ms=at_ms, period_end_ms=self.period_end_ms)
        else:
            license = make_license(
                now_ms=at_ms, boundary_ms=at_ms + DAY_MS, active=False, status="canceled"
            )
        self.salt += 1
        named = msgspec.structs.replace(license, nonce=nonce, jti=f"lic_{self.salt:06}")
        self.issued.append(issue(named, BACKEND))
        return self.issued[-1]

    def ask(self) -> NonceOpening:
        reading = self.reading()
        return NonceOpening(reading.boot_name, reading.boot_ms, str(self.salt))

    def receive(self, text: str, opening: NonceOpening) -> None:
        """Accept the answer to the question that was asked last."""
        event = StatusReceived(
            Credential.TOKEN,
            wire_answer("active", license=text),
            opening,
            asked_after=self.state.persisted.newest,
        )
        self.state = evidence.accept_response(self.state, event, text, self.moment())
        self.save()
        self.usable_run_ms = self.run_ms = self.lost_ms = self.fallen_to = 0
        self.time_was_turned_back = False
        self.answer_off_ms = self.server_off_ms
        self.private_clock_was_used = self.private_boot_ms is not None

    def import_text(self, text: str) -> None:
        self.state = evidence.accept_import(self.state, DocumentImported(text), self.moment())
        self.save()

    def save(self) -> None:
        time = advance_mark(self.state.persisted.time, self.reading())
        self.saved = msgspec.structs.replace(self.state.persisted, time=time)
        self.state = msgspec.structs.replace(self.state, persisted=self.saved)
        self.unsaved_ms = 0

    def start(self) -> None:
        """Start a process on what was saved."""
        statement = DeviceStatement(
            device_id=DEVICE.thumbprint,
            binding="here",
            mark=self.saved.time.mark,
            nonce_opening=self.saved.nonce_opening,
        )
        files = Started(self.saved.license, statement)
        state = evidence.load_public_files(EMPTY, files, self.moment())
        opened = KeysOpened(DEVICE.thumbprint, self.saved)
        self.state = evidence.merge_vault(state, opened, self.moment())
        self.save()

    def change_clocks(self) -> None:
        """Note that a clock was changed, which may only then turn the shown time back."""
        self.time_was_turned_back = True

    # --- rules -------------------------------------------------------------------------------

    @rule(ms=st.integers(0, 20 * DAY_MS))
    def the_program_runs(self, ms: int) -> None:
        """Advance time in steps, as a running daemon saves its mark."""
        self.run_ms += ms
        while ms > 0:
            step = min(ms, MARK_INTERVAL_MS - self.unsaved_ms)
            usable = self.shown().usable
            self.pass_ms(step)
            if usable and self.shown().usable:
                self.usable_run_ms += step
            self.unsaved_ms += step
            ms -= step
            if self.unsaved_ms == MARK_INTERVAL_MS:
                self.save()

    @rule(ms=long)
    def the_machine_sleeps(self, ms: int) -> None:
        self.pass_ms(ms)

    @rule(ms=long, clean=st.booleans())
    def the_machine_reboots(self, ms: int, clean: bool) -> None:
        """After a power cut, what was not saved is lost."""
        if clean:
            self.save()
        self.lost_ms += self.unsaved_ms
        self.true_ms += ms
        self.boot += 1
        self.boot_ms = 30_000
        self.private_boot_ms = None
        self.change_clocks()
        self.start()

    @rule()
    def the_daemon_is_killed(self) -> None:
        self.lost_ms += self.unsaved_ms
        self.change_clocks()
        self.start()

    @rule(boot_ms=st.integers(0, 400 * DAY_MS))
    def the_user_takes_a_boot_clock_of_their_own(self, boot_ms: int) -> None:
        self.save()
        self.private_boot_ms = boot_ms
        self.private_clock_was_used = True
        self.change_clocks()
        self.start()

    @rule()
    def the_user_returns_to_the_machines_boot_clock(self) -> None:
        self.save()
        self.private_boot_ms = None
        self.change_clocks()
        self.start()

    @rule(off_ms=clocks)
    def the_wall_clock_is_changed(self, off_ms: int) -> None:
        self.wall_off_ms = off_ms
        self.change_clocks()

    @rule(off_ms=server_clocks)
    def the_servers_clock_is_changed(self, off_ms: int) -> None:
        self.server_off_ms = off_ms

    @rule(latency_ms=st.integers(0, 30_000))
    def a_refresh_succeeds(self, latency_ms: int) -> None:
        """Property 4: one refresh restores the entitled state, whatever the clocks show.

        Neither an earlier answer of a server whose clock was wrong has an effect (property 5).
        """
        opening = self.ask()
        answer = self.backend_issues(nonce_for(opening))
        rightful = self.entitled()
        self.pass_ms(latency_ms)
        self.receive(answer, opening)
        now_ms, server_ms = self.now().now_ms, self.server_ms()
        if self.private_boot_ms is None:
            assert self.shown().usable == (rightful and self.entitled())
            # Signed time is whole seconds, rounded down, and counts from the sending.
            assert -1000 < now_ms - server_ms <= latency_ms + 60_000
            assert self.now().signed
        else:
            # With a boot clock of the user's own the wall clock counts as well.
            assert -1000 < now_ms - max(server_ms, self.reading().wall_ms) <= latency_ms + 60_000
            assert not self.now().signed

    @rule(garbage=st.sampled_from(["", "<html>Welcome to the hotel</html>", "{}", "a.b.c"]))
    def a_refresh_fails(self, garbage: str) -> None:
        """Property 2: an unsigned response changes nothing."""
        before = self.state
        with pytest.raises(InvalidDocument):
            self.receive(garbage, self.ask())
        with pytest.raises(InvalidDocument):
            self.import_text(garbage)
        assert self.state == before

    @precondition(lambda self: self.issued)
    @rule(data=st.data())
    def an_old_license_is_replayed(self, data: st.DataObject) -> None:
        """Properties 5 and 7: an older license is refused; a repeated one changes nothing."""
        text = data.draw(st.sampled_from(self.issued))
        before = (self.license, self.shown().state, self.now().now_ms)
        if text == self.issued[-1]:
            self.import_text(text)
        else:
            with pytest.raises(InvalidDocument, match="older"):
                self.import_text(text)
        assert (self.license, self.shown().state, self.now().now_ms) == before

    @precondition(lambda self: self.issued)
    @rule(data=st.data())
    def the_folder_is_copied(self, data: st.DataObject) -> None:
        """Property 6: copied files are refused elsewhere, and by a device with another key."""
        text = data.draw(st.sampled_from(self.issued))
        with pytest.raises(InvalidDocument) as refused:
            accept_license(
                text, keys=KEYS, product=PRODUCT, device=OTHER_DEVICE.thumbprint, newest=None
            )
        assert refused.value.code == "wrong_device"
        copied = DeviceStatement(device_id=DEVICE.thumbprint, binding="here")
        with pytest.raises(InvalidDocument) as refused:
            read_statement(write_statement(copied, DEVICE), binding="elsewhere")
        state = evidence.load_public_files(
            EMPTY, Started(text, None, refused.value.code), self.moment()
        )
        shown = activation_of(state, self.now().now_ms)
        assert (shown.state, shown.usable, shown.reason) == (State.UNTRUSTED, False, "copied")

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
        license, shown = self.license, self.shown()
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
        if self.time_was_turned_back:
            self.fallen_to = rank
            self.time_was_turned_back = False
        assert rank >= self.fallen_to
        self.fallen_to = rank

    @invariant()
    def a_paid_device_is_usable_before_its_boundary(self) -> None:
        """Property 2, while the wall clock is not ahead or signed time is used instead.

        A server that was wrong, or a boot clock of the user's own, may have put time ahead.
        """
        license = self.license
        if license is None or not license.active:
            return
        if self.answer_off_ms or self.private_clock_was_used:
            return
        if self.true_ms >= to_ms(license.exp) - 2 * 60_000:
            return
        if self.wall_off_ms <= 0 or self.now().signed:
            assert self.shown().usable

    @invariant()
    def changing_a_clock_gains_no_time(self) -> None:
        """Property 3: all running time since the last signed time counts, but an hour a kill."""
        license = self.license
        if license is not None:
            counted_ms = self.run_ms - self.lost_ms
            assert self.now().now_ms >= to_ms(license.iat) + counted_ms
            assert self.usable_run_ms <= to_ms(license.exp - license.iat) + self.lost_ms

    @invariant()
    def a_boot_clock_of_ones_own_gains_nothing_with_a_right_wall_clock(self) -> None:
        if self.private_boot_ms is not None and self.wall_off_ms >= 0:
            assert self.now().now_ms >= self.true_ms


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
