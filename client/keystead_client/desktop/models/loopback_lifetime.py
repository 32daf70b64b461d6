"""How long the window listens on loopback for the browser to return."""

from __future__ import annotations

from keystead.instants import HOUR_MS, MINUTE_MS
from keystead_client.desktop.models.app_state import AppState, Operation

#: How long a link to the billing portal is valid.
PORTAL_MS = HOUR_MS
#: The daemon often knows of the payment before the person has read the page that leads back.
LINGER_MS = 2 * MINUTE_MS


def remaining_ms(state: AppState) -> int | None:
    """Return how long to listen after a checkout began; None while it is open."""
    view = state.view
    if Operation.CHECKOUT in state.in_progress or (view is not None and view.checkout is not None):
        return None
    return LINGER_MS if view is not None and view.usable else 0
