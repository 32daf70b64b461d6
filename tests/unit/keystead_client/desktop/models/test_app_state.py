"""Which screen is shown, for what is known."""

from __future__ import annotations

import msgspec
import pytest

from keystead_client.desktop.models.app_state import (
    AppState,
    Destination,
    Notice,
    Problem,
    Screen,
    banner_of,
    now_ms,
    screen_of,
    with_view,
)
from keystead_client.desktop.models.backoff import PATIENCE, wait_ms
from support import activations

UP = AppState(connected=True)

SHOWN = [
    (AppState(), Screen.STARTUP),
    (AppState(connected=True), Screen.STARTUP),
    (AppState(failures=PATIENCE - 1), Screen.STARTUP),
    (AppState(failures=PATIENCE), Screen.DAEMON_UNAVAILABLE),
    (AppState(failures=1, start_problem=Problem("why")), Screen.DAEMON_UNAVAILABLE),
    (AppState(failures=1, view=activations.active()), Screen.OVERVIEW),
    (AppState(failures=PATIENCE, view=activations.active()), Screen.DAEMON_UNAVAILABLE),
    (AppState(connected=True, view=activations.unactivated()), Screen.ACTIVATE),
    (
        AppState(connected=True, view=activations.unactivated(), destination=Destination.RESTORE),
        Screen.RESTORE,
    ),
    (AppState(connected=True, view=activations.pending()), Screen.CHECKOUT_PROGRESS),
    (AppState(connected=True, view=activations.unconfirmed()), Screen.OVERVIEW),
    (
        AppState(connected=True, view=activations.pending(), destination=Destination.PLANS),
        Screen.CHECKOUT_PROGRESS,
    ),
    (
        AppState(connected=True, view=activations.pending(), destination=Destination.DEVICES),
        Screen.DEVICES,
    ),
    (
        AppState(connected=True, view=activations.inactive(checkout=activations.CHECKOUT)),
        Screen.CHECKOUT_PROGRESS,
    ),
    (
        AppState(connected=True, view=activations.settling(checkout=activations.CHECKOUT)),
        Screen.OVERVIEW,
    ),
    (AppState(connected=True, view=activations.active()), Screen.OVERVIEW),
    (
        AppState(connected=True, view=activations.inactive(), destination=Destination.PLANS),
        Screen.ACTIVATE,
    ),
    (AppState(connected=True, view=activations.untrusted()), Screen.OVERVIEW),
]


@pytest.mark.parametrize(("state", "screen"), SHOWN)
def test_each_state_has_its_screen(state: AppState, screen: Screen) -> None:
    assert screen_of(state) is screen


def test_a_destination_ends_when_its_purpose_is_fulfilled() -> None:
    away = AppState(connected=True, view=activations.inactive(), destination=Destination.PLANS)
    assert (
        with_view(away, activations.inactive(refreshing=True), 0).destination is Destination.PLANS
    )
    assert (
        with_view(away, activations.inactive(checkout=activations.CHECKOUT), 0).destination
        is Destination.NONE
    )
    assert with_view(away, activations.active(), 0).destination is Destination.NONE


def test_a_notice_disappears_when_the_device_becomes_usable() -> None:
    troubled = AppState(
        connected=True, view=activations.pending(), notice=Notice("attention", "No browser.")
    )
    assert with_view(troubled, activations.pending(hints=("clock_behind",)), 0).notice is not None
    assert with_view(troubled, activations.active(), 0).notice is None


def test_a_lost_connection_is_shown_before_other_notices() -> None:
    notice = Notice("ok", "Copied.")
    lost = AppState(view=activations.active(), notice=notice, failures=1)
    assert banner_of(lost) not in (None, notice)
    assert banner_of(msgspec.structs.replace(lost, connected=True)) is notice
    assert banner_of(msgspec.structs.replace(lost, view=None)) is notice


def test_time_advances_by_the_boot_clock_and_not_by_the_wall_clock() -> None:
    state = with_view(UP, activations.active(), 5_000)
    assert now_ms(state, 5_000) == activations.NOW_MS
    assert now_ms(state, 65_000) == activations.NOW_MS + 60_000


def test_pauses_grow_and_stay_bounded() -> None:
    pauses = [wait_ms(failures) for failures in range(1, 40)]
    assert pauses == sorted(pauses)
    assert pauses[0] == 100
    assert pauses[-1] == max(pauses) == 15_000
    assert sum(pauses[: PATIENCE - 1]) < 5_000
