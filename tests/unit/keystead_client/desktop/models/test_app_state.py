"""Which screen is shown, for what is known."""

from __future__ import annotations

import msgspec
import pytest

from keystead_client.desktop.models.app_state import (
    Detour,
    Known,
    Notice,
    Screen,
    Trouble,
    banner_of,
    now_ms,
    screen_of,
    with_view,
)
from keystead_client.desktop.models.backoff import PATIENCE, wait_ms
from support import daemon_says as says

UP = Known(up=True)

SHOWN = [
    (Known(), Screen.CONNECTING),
    (Known(up=True), Screen.CONNECTING),
    (Known(failures=PATIENCE - 1), Screen.CONNECTING),
    (Known(failures=PATIENCE), Screen.NOBODY),
    (Known(failures=1, start_trouble=Trouble("why")), Screen.NOBODY),
    (Known(failures=1, view=says.active()), Screen.OVERVIEW),
    (Known(failures=PATIENCE, view=says.active()), Screen.NOBODY),
    (Known(up=True, view=says.unactivated()), Screen.ACTIVATE),
    (Known(up=True, view=says.unactivated(), detour=Detour.RESTORE), Screen.RESTORE),
    (Known(up=True, view=says.pending()), Screen.WAITING),
    (Known(up=True, view=says.pending(), detour=Detour.PLANS), Screen.WAITING),
    (Known(up=True, view=says.pending(), detour=Detour.DEVICES), Screen.DEVICES),
    (Known(up=True, view=says.inactive(checkout=says.CHECKOUT)), Screen.WAITING),
    (Known(up=True, view=says.settling(checkout=says.CHECKOUT)), Screen.OVERVIEW),
    (Known(up=True, view=says.active()), Screen.OVERVIEW),
    (Known(up=True, view=says.inactive(), detour=Detour.PLANS), Screen.ACTIVATE),
    (Known(up=True, view=says.untrusted()), Screen.OVERVIEW),
]


@pytest.mark.parametrize(("known", "screen"), SHOWN)
def test_each_state_has_its_screen(known: Known, screen: Screen) -> None:
    assert screen_of(known) is screen


def test_a_detour_ends_when_what_was_sought_has_come() -> None:
    away = Known(up=True, view=says.inactive(), detour=Detour.PLANS)
    assert with_view(away, says.inactive(refreshing=True), 0).detour is Detour.PLANS
    assert with_view(away, says.inactive(checkout=says.CHECKOUT), 0).detour is Detour.NONE
    assert with_view(away, says.active(), 0).detour is Detour.NONE


def test_a_message_about_trouble_goes_when_the_device_works() -> None:
    troubled = Known(up=True, view=says.pending(), notice=Notice("attention", "No browser."))
    assert with_view(troubled, says.pending(hints=("clock_behind",)), 0).notice is not None
    assert with_view(troubled, says.active(), 0).notice is None


def test_that_nobody_answers_comes_before_any_other_message() -> None:
    notice = Notice("ok", "Copied.")
    lost = Known(view=says.active(), notice=notice, failures=1)
    assert banner_of(lost) not in (None, notice)
    assert banner_of(msgspec.structs.replace(lost, up=True)) is notice
    assert banner_of(msgspec.structs.replace(lost, view=None)) is notice


def test_time_goes_on_from_what_the_daemon_said_and_never_by_the_wall() -> None:
    known = with_view(UP, says.active(), 5_000)
    assert now_ms(known, 5_000) == says.NOW_MS
    assert now_ms(known, 65_000) == says.NOW_MS + 60_000


def test_pauses_grow_and_stay_bounded() -> None:
    pauses = [wait_ms(failures) for failures in range(1, 40)]
    assert pauses == sorted(pauses)
    assert pauses[0] == 100
    assert pauses[-1] == max(pauses) == 15_000
    assert sum(pauses[: PATIENCE - 1]) < 5_000
