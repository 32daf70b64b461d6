"""When words are due to change: not a moment late, and never while they stay the same."""

from __future__ import annotations

from datetime import UTC

from hypothesis import given
from hypothesis import strategies as st

from keystead.instants import DAY_MS, HOUR_MS, MINUTE_MS
from keystead.local_api import ActivationView
from keystead_client.desktop.models.app_state import AppState, Screen, screen_of
from keystead_client.desktop.models.checkout_progress import checkout_progress_model
from keystead_client.desktop.models.display_updates import next_change_ms
from keystead_client.desktop.models.overview import overview_model
from support import activations

views = st.one_of(
    st.builds(
        lambda left, ago: activations.grace(left, last_refresh_at=activations.NOW_MS - ago),
        st.integers(1, 3 * DAY_MS),
        st.integers(0, 2 * DAY_MS),
    ),
    st.builds(activations.past_due, st.integers(1, 2 * DAY_MS)),
    st.builds(
        lambda ago: activations.active(last_refresh_at=activations.NOW_MS - ago),
        st.integers(0, 2 * DAY_MS),
    ),
    st.builds(activations.pending),
    st.builds(activations.unactivated),
)
moments = st.integers(0, 30 * HOUR_MS)


def words(state: AppState, view: ActivationView, now_ms: int) -> object:
    if screen_of(state) is Screen.CHECKOUT_PROGRESS:
        assert view.checkout is not None
        return checkout_progress_model(state, view, view.checkout, now_ms, zone=UTC)
    return overview_model(state, view, now_ms, zone=UTC, support=None)


@given(views, moments, st.integers(0, HOUR_MS))
def test_text_does_not_change_before_it_is_due(
    view: ActivationView, passed: int, ahead: int
) -> None:
    state, now_ms = AppState(connected=True, view=view), activations.NOW_MS + passed
    due_ms = next_change_ms(state, screen_of(state), now_ms)
    assert due_ms is None or due_ms >= 1
    soon = ahead if due_ms is None else min(ahead, due_ms - 1)
    assert words(state, view, now_ms + soon) == words(state, view, now_ms)


def test_the_overview_updates_by_the_minute_and_a_checkout_by_the_second() -> None:
    active = AppState(
        connected=True, view=activations.active(last_refresh_at=activations.NOW_MS - 90_000)
    )
    assert next_change_ms(active, Screen.OVERVIEW, activations.NOW_MS) == MINUTE_MS // 2
    waiting = AppState(connected=True, view=activations.pending())
    assert next_change_ms(waiting, Screen.CHECKOUT_PROGRESS, activations.NOW_MS) == 1000


def test_a_page_without_times_needs_no_update() -> None:
    quiet = AppState(connected=True, view=activations.unactivated())
    assert next_change_ms(quiet, Screen.ACTIVATE, activations.NOW_MS) is None
    assert next_change_ms(AppState(), Screen.STARTUP, activations.NOW_MS) is None
    long_ago = AppState(
        connected=True, view=activations.inactive(last_refresh_at=activations.NOW_MS - 9 * DAY_MS)
    )
    assert next_change_ms(long_ago, Screen.OVERVIEW, activations.NOW_MS) is None
