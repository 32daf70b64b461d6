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
from support import daemon_says as says

UP = AppState(connected=True)

SHOWN = [
    (AppState(), Screen.STARTUP),
    (AppState(connected=True), Screen.STARTUP),
    (AppState(failures=PATIENCE - 1), Screen.STARTUP),
    (AppState(failures=PATIENCE), Screen.DAEMON_UNAVAILABLE),
    (AppState(failures=1, start_problem=Problem("why")), Screen.DAEMON_UNAVAILABLE),
    (AppState(failures=1, view=says.active()), Screen.OVERVIEW),
    (AppState(failures=PATIENCE, view=says.active()), Screen.DAEMON_UNAVAILABLE),
    (AppState(connected=True, view=says.unactivated()), Screen.ACTIVATE),
    (
        AppState(connected=True, view=says.unactivated(), destination=Destination.RESTORE),
        Screen.RESTORE,
    ),
    (AppState(connected=True, view=says.pending()), Screen.CHECKOUT_PROGRESS),
    (
        AppState(connected=True, view=says.pending(), destination=Destination.PLANS),
        Screen.CHECKOUT_PROGRESS,
    ),
    (
        AppState(connected=True, view=says.pending(), destination=Destination.DEVICES),
        Screen.DEVICES,
    ),
    (
        AppState(connected=True, view=says.inactive(checkout=says.CHECKOUT)),
        Screen.CHECKOUT_PROGRESS,
    ),
    (AppState(connected=True, view=says.settling(checkout=says.CHECKOUT)), Screen.OVERVIEW),
    (AppState(connected=True, view=says.active()), Screen.OVERVIEW),
    (
        AppState(connected=True, view=says.inactive(), destination=Destination.PLANS),
        Screen.ACTIVATE,
    ),
    (AppState(connected=True, view=says.untrusted()), Screen.OVERVIEW),
]


@pytest.mark.parametrize(("state", "screen"), SHOWN)
def test_each_state_has_its_screen(state: AppState, screen: Screen) -> None:
    assert screen_of(state) is screen


def test_a_destination_ends_when_its_purpose_is_fulfilled() -> None:
    away = AppState(connected=True, view=says.inactive(), destination=Destination.PLANS)
    assert with_view(away, says.inactive(refreshing=True), 0).destination is Destination.PLANS
    assert with_view(away, says.inactive(checkout=says.CHECKOUT), 0).destination is Destination.NONE
    assert with_view(away, says.active(), 0).destination is Destination.NONE


def test_a_notice_disappears_when_the_device_becomes_usable() -> None:
    troubled = AppState(
        connected=True, view=says.pending(), notice=Notice("attention", "No browser.")
    )
    assert with_view(troubled, says.pending(hints=("clock_behind",)), 0).notice is not None
    assert with_view(troubled, says.active(), 0).notice is None


def test_a_lost_connection_is_shown_before_other_notices() -> None:
    notice = Notice("ok", "Copied.")
    lost = AppState(view=says.active(), notice=notice, failures=1)
    assert banner_of(lost) not in (None, notice)
    assert banner_of(msgspec.structs.replace(lost, connected=True)) is notice
    assert banner_of(msgspec.structs.replace(lost, view=None)) is notice


def test_time_advances_by_the_boot_clock_and_not_by_the_wall_clock() -> None:
    state = with_view(UP, says.active(), 5_000)
    assert now_ms(state, 5_000) == says.NOW_MS
    assert now_ms(state, 65_000) == says.NOW_MS + 60_000


def test_pauses_grow_and_stay_bounded() -> None:
    pauses = [wait_ms(failures) for failures in range(1, 40)]
    assert pauses == sorted(pauses)
    assert pauses[0] == 100
    assert pauses[-1] == max(pauses) == 15_000
    assert sum(pauses[: PATIENCE - 1]) < 5_000
