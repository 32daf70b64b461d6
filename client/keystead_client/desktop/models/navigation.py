"""The entries of the navigation, and which one is current."""

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
    """One entry; ``screen`` is what it leads to."""

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
    """Return the entries; none before a daemon has answered, as there is nothing to show.

    Devices and Billing need an account. Billing also needs a service with invoices or a portal.
    """
    now = screen_of(state)
    if state.view is None or now in _NOWHERE:
        return ()
    shown = _ALL if has_account(state.view) else _ALWAYS
    bills = has_billing(state.view)
    screens = tuple(one for one in shown if bills or one is not Screen.BILLING)
    # Pages such as the plans have no entry; they belong to the overview.
    current = now if now in _ALL else Screen.OVERVIEW
    return tuple(NavigationEntry(one, tr(f"place.{one}"), one is current) for one in screens)
