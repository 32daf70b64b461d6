"""At most one for each event that a person must act on, whatever happens in whatever order."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC
from itertools import pairwise
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from keystead.activation import State
from keystead.instants import DAY_MS, HOUR_MS, MINUTE_MS
from keystead.local_api import ActivationView
from keystead_client.desktop.models.app_state import Screen
from keystead_client.desktop.models.notifications import (
    MAX_MARKS,
    RENEWAL_DELAY_MS,
    Event,
    Marks,
    NotificationDecision,
    decide_notification,
    may_be_renewed,
    next_check_ms,
    notification,
)
from keystead_client.desktop.ui_state_file import UiState
from support import activations

NOW_MS = activations.NOW_MS
MONTH_MS = 30 * DAY_MS

Step = tuple[ActivationView, int]


def told_by(notified: Marks, view: ActivationView, now_ms: int = NOW_MS) -> Event | None:
    return decide_notification(notified, view, now_ms).event


def life(month: int, into_ms: int, state: str, *, refreshing: bool = False) -> Step:
    """A license of a month of its own, and a moment so long after its period's end."""
    period_ms = NOW_MS + month * MONTH_MS
    until_ms = period_ms + 3 * DAY_MS
    limits: dict[str, Any] = {
        "current_period_end": period_ms,
        "grace_ends_at": until_ms,
        "entitlement": activations.entitlement(current_period_end=period_ms),
        "refreshing": refreshing,
    }
    makers = {
        "active": lambda: activations.active(until=until_ms, **limits),
        "grace": lambda: activations.grace(until=until_ms, **limits),
        "past_due": lambda: activations.past_due(until=until_ms, **limits),
        "expired": lambda: activations.expired(**limits),
        "once": lambda: activations.unchecked(until=until_ms, grace_ends_at=until_ms),
        "settling": lambda: activations.settling(until=until_ms, refreshing=refreshing),
        "unactivated": lambda: activations.unactivated(refreshing=refreshing),
        "untrusted": lambda: activations.untrusted(refreshing=refreshing),
    }
    view = (
        makers[state]() if state in makers else activations.inactive(state, refreshing=refreshing)
    )
    return view, period_ms + into_ms


STATES = (
    *("active", "grace", "past_due", "expired", "once", "settling", "unactivated", "untrusted"),
    *("canceled", "unpaid", "device_removed", "device_limit", "incomplete", "of the future"),
)
MOMENTS = [0, RENEWAL_DELAY_MS - 1, RENEWAL_DELAY_MS, DAY_MS, 2 * DAY_MS - 1, 2 * DAY_MS]
MOMENTS += [3 * DAY_MS - HOUR_MS - 1, 3 * DAY_MS - HOUR_MS, 3 * DAY_MS - 1, 3 * DAY_MS, MONTH_MS]
steps = st.builds(
    life,
    st.integers(0, 2),
    st.sampled_from(MOMENTS),
    st.sampled_from(STATES),
    refreshing=st.booleans(),
)
histories = st.lists(steps, max_size=30)


def lived(history: Sequence[Step], notified: Marks = ()) -> list[tuple[Event, ActivationView, int]]:
    """What was told of a history: (event, view, place in the history)."""
    heard = []
    for place, (view, now_ms) in enumerate(history):
        found = decide_notification(notified, view, now_ms)
        notified = found.notified
        if found.event is not None:
            heard.append((found.event, view, place))
    return heard


@given(histories)
def test_each_event_is_notified_at_most_once(history: list[Step]) -> None:
    of_a_period = [
        (event, view.until or view.grace_ends_at)
        for event, view, _ in lived(history)
        if event not in (Event.ENDED, Event.DEVICE_REMOVED)
    ]
    assert len(of_a_period) == len(set(of_a_period))


@given(histories)
def test_the_end_is_notified_once_until_the_device_is_usable(history: list[Step]) -> None:
    came_back = [i for i, (view, _) in enumerate(history) if view.usable and not view.refreshing]
    for event in (Event.ENDED, Event.DEVICE_REMOVED):
        entries = [place for found, _, place in lived(history) if found is event]
        for one, next_one in pairwise(entries):
            assert any(one < back < next_one for back in came_back)


@given(histories)
def test_only_the_most_urgent_of_several_events_is_notified(history: list[Step]) -> None:
    notified: Marks = ()
    for view, now_ms in history:
        from_nothing = decide_notification((), view, now_ms).event
        found = decide_notification(notified, view, now_ms)
        assert found.event is None or found.event == from_nothing
        assert decide_notification(found.notified, view, now_ms) == NotificationDecision(
            None, found.notified
        )
        notified = found.notified


@given(histories, histories)
def test_a_restart_changes_no_decision(before: list[Step], after: list[Step]) -> None:
    notified: Marks = ()
    for view, now_ms in before:
        notified = decide_notification(notified, view, now_ms).notified
    kept = msgspec.json.encode(UiState(notified=notified))
    again = msgspec.json.decode(kept, type=UiState).notified
    assert lived(after, again) == lived(after, notified)


@given(st.lists(st.tuples(st.integers(0, 40), st.sampled_from(MOMENTS[:3])), max_size=30))
def test_a_renewal_is_never_notified(months: list[tuple[int, int]]) -> None:
    renewals = [
        step
        for month, late in months
        for step in (
            life(month, -DAY_MS, "active"),
            life(month, late, "grace", refreshing=True),
            life(month + 1, -MONTH_MS + late, "active"),
        )
    ]
    assert lived(renewals) == []


@given(histories)
def test_the_number_of_marks_is_limited(history: list[Step]) -> None:
    notified: Marks = ()
    for view, now_ms in history * 3:
        notified = decide_notification(notified, view, now_ms).notified
        assert len(notified) <= MAX_MARKS
        assert len(notified) == len(set(notified))


@given(st.sampled_from(["grace", "past_due", "once", "settling"]), st.sampled_from(MOMENTS))
def test_no_event_happens_before_the_next_check(state: str, into_ms: int) -> None:
    view, now_ms = life(0, into_ms, state)
    notified = decide_notification((), view, now_ms).notified
    due_ms = next_check_ms(view, now_ms)
    soon = (due_ms or 10 * DAY_MS) - 1
    assert decide_notification(notified, view, now_ms + soon).event is None
    if due_ms is not None:
        assert due_ms >= 1


class TestAStory:
    """A renewal that does not come, to its end, one event after the other."""

    @pytest.mark.parametrize(
        ("state", "first"), [("grace", Event.GRACE), ("past_due", Event.PAYMENT_FAILED)]
    )
    def test_a_computer_that_is_always_on(self, state: str, first: Event) -> None:
        moments = [
            RENEWAL_DELAY_MS,
            DAY_MS,
            2 * DAY_MS,
            3 * DAY_MS - HOUR_MS,
            3 * DAY_MS - MINUTE_MS,
        ]
        story = [life(0, into_ms, state) for into_ms in moments]
        story += [life(0, 3 * DAY_MS, "expired"), life(0, 4 * DAY_MS, "canceled")]
        heard = [event for event, _, _ in lived([life(0, -DAY_MS, "active"), *story])]
        assert heard == [first, Event.DAY_LEFT, Event.HOUR_LEFT, Event.ENDED]

    def test_a_computer_asleep_until_half_an_hour_before_the_end(self) -> None:
        woken = life(0, 3 * DAY_MS - HOUR_MS // 2, "grace")
        heard = [event for event, _, _ in lived([life(0, -DAY_MS, "active"), woken, woken])]
        assert heard == [Event.HOUR_LEFT]

    def test_a_failed_card_is_learned_after_being_offline(self) -> None:
        story = [life(0, HOUR_MS, "grace"), life(0, 2 * HOUR_MS, "past_due")]
        heard = [event for event, _, _ in lived(story)]
        assert heard == [Event.GRACE, Event.PAYMENT_FAILED]

    def test_removal_before_and_after_the_end(self) -> None:
        ended, removed = life(0, 4 * DAY_MS, "expired"), life(0, 5 * DAY_MS, "device_removed")
        canceled = life(0, 6 * DAY_MS, "canceled")
        both = [Event.ENDED, Event.DEVICE_REMOVED]
        assert [event for event, _, _ in lived([ended, removed, canceled])] == both
        assert [event for event, _, _ in lived([removed, canceled, ended])] == both[1:]

    def test_a_cancellation_is_notified_at_its_end_only(self) -> None:
        soon = activations.ending(until=NOW_MS + HOUR_MS, grace_ends_at=NOW_MS + HOUR_MS)
        ended = activations.expired(entitlement=activations.entitlement(cancel_at_period_end=True))
        assert [event for event, _, _ in lived([(soon, NOW_MS), (ended, NOW_MS)])] == [Event.ENDED]

    def test_a_settling_payment_is_notified_in_its_last_hour_only(self) -> None:
        view = activations.settling()
        assert told_by((), view, NOW_MS) is None
        assert told_by((), view, NOW_MS + 23 * HOUR_MS) is Event.HOUR_LEFT

    def test_an_unchecked_one_time_purchase_is_notified(self) -> None:
        view = activations.unchecked(remaining_ms=2 * DAY_MS)
        hours = [0, 24, 30, 47, 47.5]
        heard = [e for e, _, _ in lived([(view, NOW_MS + int(h * HOUR_MS)) for h in hours])]
        assert heard == [Event.DAY_LEFT, Event.HOUR_LEFT]
        checked = msgspec.structs.replace(view, hints=())
        assert told_by((), checked, NOW_MS + 47 * HOUR_MS) is None

    @pytest.mark.parametrize("reason", ["incomplete", "incomplete_expired", "device_limit"])
    def test_a_subscription_that_never_began_has_no_end(self, reason: str) -> None:
        assert told_by((), activations.inactive(reason)) is None


class TestWhoLooksOrDoesNotWantTo:
    @pytest.mark.parametrize(
        ("view", "event"),
        [
            (activations.grace(), None),
            (activations.past_due(), None),
            (activations.grace(20 * HOUR_MS), None),
            (activations.inactive("device_removed"), None),
            (activations.grace(30 * MINUTE_MS), Event.HOUR_LEFT),
            (activations.expired(), Event.ENDED),
        ],
    )
    def test_a_watched_window_suppresses_all_but_urgent_events(
        self, view: ActivationView, event: Event | None
    ) -> None:
        looked = decide_notification((), view, NOW_MS, watched=True)
        assert looked.event is event
        assert told_by(looked.notified, view) is None

    def test_switched_off_notifications_are_not_made_up_for(self) -> None:
        unwanted = decide_notification((), activations.expired(), NOW_MS, wanted=False)
        assert unwanted.event is None
        assert told_by(unwanted.notified, activations.expired()) is None


@pytest.mark.parametrize(
    ("event", "view", "screen", "title"),
    [
        (Event.GRACE, activations.grace(), Screen.OVERVIEW, "the renewal is not confirmed yet"),
        (
            Event.PAYMENT_FAILED,
            activations.past_due(),
            Screen.BILLING,
            "a payment did not go through",
        ),
        (Event.DAY_LEFT, activations.past_due(), Screen.BILLING, "less than a day is left"),
        (Event.HOUR_LEFT, activations.grace(), Screen.OVERVIEW, "less than an hour is left"),
        (Event.ENDED, activations.inactive("unpaid"), Screen.BILLING, "the activation has ended"),
        (Event.ENDED, activations.expired(), Screen.OVERVIEW, "the activation has ended"),
        (
            Event.DEVICE_REMOVED,
            activations.inactive("device_removed"),
            Screen.ACTIVATE,
            "this device was removed",
        ),
    ],
)
def test_a_notification_leads_to_its_screen(
    event: Event, view: ActivationView, screen: Screen, title: str
) -> None:
    notified = notification(event, view, product="NyrA", zone=UTC, support=None)
    assert notified.title == f"NyrA: {title}"
    headline, next_step = notified.body.split("\n")
    assert headline
    assert next_step
    assert notified.screen is screen


def test_every_state_is_in_the_histories() -> None:
    assert {life(0, 0, state)[0].state for state in STATES} == set(State)


def test_only_a_usable_license_has_instants_to_wait_for() -> None:
    assert next_check_ms(activations.expired(), NOW_MS) is None
    assert next_check_ms(activations.active(until=None), NOW_MS) is None
    grace = activations.grace()
    assert next_check_ms(grace, NOW_MS) is not None


def test_a_renewal_may_be_missing_in_grace_unless_the_payment_failed() -> None:
    assert may_be_renewed(activations.grace())
    assert not may_be_renewed(activations.past_due())
    assert not may_be_renewed(activations.active())
