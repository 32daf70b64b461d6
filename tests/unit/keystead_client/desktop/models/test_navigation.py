"""Where a person can go, for what is known."""

from __future__ import annotations

import pytest

from keystead_client.desktop.models.app_state import Detour, Known, Screen
from keystead_client.desktop.models.backoff import PATIENCE
from keystead_client.desktop.models.navigation import places_of
from support import daemon_says as says

ALL = [Screen.OVERVIEW, Screen.DEVICES, Screen.BILLING, Screen.DIAGNOSTICS, Screen.SETTINGS]
FEW = [Screen.OVERVIEW, Screen.DIAGNOSTICS, Screen.SETTINGS]

OFFERED = [
    (Known(), []),
    (Known(up=True), []),
    (Known(failures=PATIENCE, view=says.active()), []),
    (Known(up=True, view=says.active()), ALL),
    (Known(view=says.active(), failures=1), ALL),
    (Known(up=True, view=says.unactivated()), FEW),
    (Known(up=True, view=says.pending()), FEW),
    (Known(up=True, view=says.pending(hints=("device_limit",))), ALL),
    (Known(up=True, view=says.settling()), ALL),
    (Known(up=True, view=says.inactive()), ALL),
]


@pytest.mark.parametrize(("known", "screens"), OFFERED)
def test_only_what_leads_somewhere_is_offered(known: Known, screens: list[Screen]) -> None:
    assert [place.screen for place in places_of(known)] == screens


def test_one_place_is_where_the_person_is() -> None:
    for detour in Detour:
        known = Known(up=True, view=says.inactive(), detour=detour)
        assert [place.here for place in places_of(known)].count(True) == 1


def test_who_loses_the_account_is_not_left_on_its_page() -> None:
    known = Known(up=True, view=says.unactivated(), detour=Detour.BILLING)
    assert [place.screen for place in places_of(known) if place.here] == [Screen.OVERVIEW]
