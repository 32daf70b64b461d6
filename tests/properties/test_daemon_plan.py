"""The daemon's invariants, after every step of a generated history.

Events, clocks, a keyring, a disk and a backend are generated; the plan is the real one. Decisions
from evidence are tested in `test_activation_histories`; this machine checks that the daemon never
loses or accepts forged evidence, and never stops refreshing.
"""

from typing import Any

import msgspec
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from keystead import hints
from keystead.activation import State
from keystead.errors import InvalidDocument
from keystead.instants import DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS, to_ms
from keystead.trust import Newest
from keystead_daemon.events import (
    ClockChecked,
    Deactivated,
    DocumentImported,
    KeysRequested,
    PendingCancelled,
    PendingStarted,
    RefreshRequested,
    Stopping,
    WakeCause,
    Woken,
)
from support.documents import OTHER_DEVICE, STRANGER, make_license, signed_license
from support.nightly import examples
from support.plan_world import PlanWorld, wire_answer

STATUSES = st.sampled_from(["active", "past_due", "settling", "trialing", "canceled", "unpaid"])
FAILURES = st.sampled_from(
    ["backend_unreachable", "invalid_token", "unknown_device", "device_limit", "internal_error"]
)
SPANS = st.sampled_from([0, 1, SECOND_MS, 10 * SECOND_MS, MINUTE_MS, HOUR_MS, DAY_MS, 5 * DAY_MS])
#: The longest exchange: the transport gives up after this, so no later response is ever handled.
EXCHANGE_MS = MINUTE_MS
FORGED = st.sampled_from(["", "x.y.z", signed_license(key=STRANGER)])


class DaemonHistory(RuleBasedStateMachine):
    """True time is the backend's; the boot clock is right, the wall clock is not."""

    def __init__(self) -> None:
        super().__init__()
        self.world = PlanWorld()
        self.true_ms = self.world.wall_ms
        self.newest: Newest | None = None
        self.texts: list[str] = []
        self.checkouts = 0

    @property
    def exchange_is_open(self) -> bool:
        sent = self.world.nonce_opening
        return sent is not None and self.world.boot_ms - sent.boot_ms <= EXCHANGE_MS

    @initialize(activated=st.booleans())
    def a_daemon_starts(self, activated: bool) -> None:
        if not activated:
            self.world.start()
            return
        self.world.activate()
        self.true_ms = self.world.wall_ms
        self.texts.append(self.world.state.persisted.license or "")

    def backend_responds(self, **changes: Any) -> None:
        """Send a genuine response, signed at the backend's true time."""
        now_ms = self.true_ms - self.true_ms % 1000
        count = len(self.texts)
        license = make_license(now_ms=now_ms, jti=f"{count:06}", **changes)
        self.world.answer(license)
        text = self.world.state.persisted.license
        if text is not None and text not in self.texts:
            self.texts.append(text)

    def pass_time(self, ms: int) -> None:
        boot_ms = self.world.boot_ms
        self.world.pass_ms(ms)
        self.true_ms += self.world.boot_ms - boot_ms

    @rule(chance=st.floats(0, 1, exclude_max=True))
    def chance_changes(self, chance: float) -> None:
        self.world.chance = lambda: chance

    @rule(ms=SPANS)
    def time_passes(self, ms: int) -> None:
        self.pass_time(ms)

    @rule(ms=st.integers(-400 * DAY_MS, 400 * DAY_MS))
    def the_wall_clock_is_changed(self, ms: int) -> None:
        self.world.wall_ms = max(self.world.wall_ms + ms, 0)
        self.world.happen(ClockChecked())

    @rule(off_ms=SPANS, unlocked=st.booleans())
    def the_machine_reboots(self, off_ms: int, unlocked: bool) -> None:
        self.world.reboot(off_ms=off_ms)
        self.true_ms += off_ms
        self.world.start(unlocked=unlocked)

    @rule(clean=st.booleans(), unlocked=st.booleans())
    def the_daemon_restarts(self, clean: bool, unlocked: bool) -> None:
        if clean:
            self.world.happen(Stopping())
        self.world.start(unlocked=unlocked)

    @rule(full=st.booleans())
    def the_disk_fills_or_empties(self, full: bool) -> None:
        self.world.disk.full = full

    @precondition(lambda self: self.world.opening)
    @rule(unlocked=st.booleans())
    def the_keyring_responds(self, unlocked: bool) -> None:
        if unlocked:
            self.world.unlock()
        else:
            self.world.stay_locked()

    @precondition(lambda self: self.world.state.ready)
    @rule()
    def a_checkout_is_started(self) -> None:
        self.checkouts += 1
        self.world.happen(
            PendingStarted(
                kind="checkout", session_id=f"cs_{self.checkouts}", url=None, expires_at=0
            )
        )

    @rule(
        event=st.sampled_from(
            [RefreshRequested(), ClockChecked(), PendingCancelled(), KeysRequested()]
        )
    )
    def a_person_sends_a_request(self, event: Any) -> None:
        if isinstance(event, KeysRequested | PendingCancelled) and not self.world.state.ready:
            return
        if not (isinstance(event, KeysRequested) and self.world.state.ready):
            self.world.happen(event)

    @rule(cause=st.sampled_from(WakeCause))
    def the_daemon_is_woken(self, cause: WakeCause) -> None:
        self.world.happen(Woken(cause))

    @precondition(lambda self: self.world.asked is not None and self.exchange_is_open)
    @rule(status=STATUSES, active=st.booleans(), days=st.integers(1, 40))
    def the_backend_sends_a_license(self, status: str, active: bool, days: int) -> None:
        period_ms = None if status == "settling" else self.true_ms + days * DAY_MS
        self.backend_responds(status=status, active=active, period_end_ms=period_ms)

    @precondition(lambda self: self.world.asked is not None)
    @rule(status=st.sampled_from(["checkout_open", "checkout_expired", "active", "canceled"]))
    def an_unsigned_response_arrives(self, status: str) -> None:
        before = self.world.state.persisted.license, self.world.state.persisted.token
        self.world.answered(wire_answer(status))
        assert (self.world.state.persisted.license, self.world.state.persisted.token) == before

    @precondition(lambda self: self.world.asked is not None)
    @rule(forged=FORGED)
    def a_forged_response_arrives(self, forged: str) -> None:
        before = self.world.state.persisted.license
        self.world.answered(wire_answer("active", license=forged or "-"))
        assert self.world.state.persisted.license == before

    @precondition(lambda self: self.world.asked is not None)
    @rule(code=FAILURES, retry_after_s=st.none() | st.floats(0, 1e9))
    def a_request_fails(self, code: str, retry_after_s: float | None) -> None:
        before = self.world.state.license
        self.world.fail(code, retry_after_s=retry_after_s)
        assert self.world.state.license is before

    @precondition(lambda self: self.world.state.ready)
    @rule(data=st.data())
    def an_old_license_is_replayed(self, data: st.DataObject) -> None:
        theirs = signed_license(device=OTHER_DEVICE)
        text = data.draw(st.sampled_from([*self.texts, theirs]))
        before = self.world.state
        try:
            self.world.happen(DocumentImported(text))
        except InvalidDocument:
            assert self.world.state == before

    @precondition(lambda self: self.world.state.ready and self.world.asked is None)
    @rule()
    def the_device_is_deactivated(self) -> None:
        self.world.happen(Deactivated())

    @invariant()
    def the_newest_license_never_goes_back_unless_saving_failed(self) -> None:
        newest = self.world.state.persisted.newest
        unsaved = hints.STORAGE_FAILED in self.world.state.hints
        if unsaved or newest is None:
            self.newest = None
        elif self.world.state.ready:
            assert self.newest is None or newest >= self.newest
            self.newest = newest

    @invariant()
    def a_paid_device_is_usable_before_its_boundary(self) -> None:
        license = self.world.state.license
        signed = self.world.state.persisted.time.anchor
        if license is None or not license.active or signed is None:
            return
        # Trusted time counts from the sending, so it is ahead by up to one exchange.
        ahead_ms = EXCHANGE_MS + 2_000
        if signed.boot_id == self.world.reading.boot_id:
            assert self.world.view.usable or self.true_ms + ahead_ms >= to_ms(license.exp)

    @invariant()
    def no_device_is_usable_after_its_boundary(self) -> None:
        license, view = self.world.state.license, self.world.view
        signed = self.world.state.persisted.time.anchor
        if license is not None and signed is not None and view.usable:
            assert license.active
            if signed.boot_id == self.world.reading.boot_id:
                assert self.true_ms < to_ms(license.exp) + 1_000

    @invariant()
    def a_next_request_is_always_scheduled(self) -> None:
        """An activated daemon has a request in flight, waits for keys, or has a timer set."""
        world = self.world
        if world.state.has_credential:
            assert world.asked is not None or world.opening or world.armed_ms is not None
        if not world.state.ready:
            assert world.opening or world.armed_ms is not None

    @invariant()
    def the_timer_is_never_later_than_the_next_due_time(self) -> None:
        dues = [
            due.boot_ms for due in (self.world.state.refresh_due, self.world.state.poll_due) if due
        ]
        if dues and self.world.asked is None and not self.world.opening:
            assert self.world.armed_ms is not None
            assert self.world.armed_ms <= max(min(dues), self.world.boot_ms)

    @invariant()
    def the_view_contains_no_token(self) -> None:
        token = self.world.state.persisted.token
        if token is not None:
            assert token.encode() not in msgspec.json.encode(self.world.view)

    @invariant()
    def the_license_on_disk_is_the_one_in_force(self) -> None:
        world = self.world
        if world.disk.full or not world.state.ready or world.state.hints:
            return
        if world.view.state is not State.UNTRUSTED:
            assert world.disk.license == world.state.persisted.license


DaemonHistory.TestCase.settings = settings(max_examples=examples(40, 400), stateful_step_count=40)
test_daemon_history = DaemonHistory.TestCase
