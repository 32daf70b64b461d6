"""Where a person can go in the window, and where they are."""

from __future__ import annotations

import msgspec

from keystead_client.desktop.models.app_state import (
    AppState,
    Screen,
    has_account,
    has_billing,
    screen_of,
)
from keystead_client.desktop.models.catalog import tr


class NavigationEntry(msgspec.Struct, frozen=True):
    """One entry of the navigation: ``screen`` is what it leads to."""

    screen: Screen
    label: str
    current: bool


_ALWAYS = (Screen.OVERVIEW, Screen.DIAGNOSTICS, Screen.SETTINGS)
_ALL = (
    Screen.OVERVIEW,
    Screen.DEVICES,
    Screen.BILLING,
    Screen.DIAGNOSTICS,
    Screen.SETTINGS,
)
_NOWHERE = (Screen.STARTUP, Screen.DAEMON_UNAVAILABLE)


def navigation_entries(state: AppState) -> tuple[NavigationEntry, ...]:
    """The places to go to; none before a daemon is there, as there would be nothing to see.

    Devices and Billing belong to an account, and are not offered to who has none yet; nor is
    Billing where the billing service shows nothing of it.
    """
    now = screen_of(state)
    if state.view is None or now in _NOWHERE:
        return ()
    shown = _ALL if has_account(state.view) else _ALWAYS
    bills = has_billing(state.view)
    screens = tuple(one for one in shown if bills or one is not Screen.BILLING)
    current = now if now in _ALL else Screen.OVERVIEW
    return tuple(NavigationEntry(one, tr(f"place.{one}"), one is current) for one in screens)
