"""Where a person can go, for what is known."""

from __future__ import annotations

import pytest

from keystead_client.desktop.models.app_state import AppState, Destination, Screen
from keystead_client.desktop.models.backoff import PATIENCE
from keystead_client.desktop.models.navigation import navigation_entries
from support import activations

ALL = [Screen.OVERVIEW, Screen.DEVICES, Screen.BILLING, Screen.DIAGNOSTICS, Screen.SETTINGS]
FEW = [Screen.OVERVIEW, Screen.DIAGNOSTICS, Screen.SETTINGS]

OFFERED = [
    (AppState(), []),
    (AppState(connected=True), []),
    (AppState(failures=PATIENCE, view=activations.active()), []),
    (AppState(connected=True, view=activations.active()), ALL),
    (AppState(view=activations.active(), failures=1), ALL),
    (AppState(connected=True, view=activations.unactivated()), FEW),
    (AppState(connected=True, view=activations.pending()), FEW),
    (AppState(connected=True, view=activations.pending(hints=("device_limit",))), ALL),
    (AppState(connected=True, view=activations.settling()), ALL),
    (AppState(connected=True, view=activations.inactive()), ALL),
]


@pytest.mark.parametrize(("state", "screens"), OFFERED)
def test_only_reachable_screens_are_offered(state: AppState, screens: list[Screen]) -> None:
    assert [entry.screen for entry in navigation_entries(state)] == screens


def test_exactly_one_entry_is_current() -> None:
    for destination in Destination:
        state = AppState(connected=True, view=activations.inactive(), destination=destination)
        assert [entry.current for entry in navigation_entries(state)].count(True) == 1


def test_losing_the_account_leaves_its_pages() -> None:
    state = AppState(
        connected=True, view=activations.unactivated(), destination=Destination.BILLING
    )
    assert [entry.screen for entry in navigation_entries(state) if entry.current] == [
        Screen.OVERVIEW
    ]
