"""How long the window listens for a browser to come back."""

from __future__ import annotations

from keystead.instants import HOUR_MS, MINUTE_MS
from keystead_client.desktop.models.app_state import AppState, Operation

#: As long as a link to the billing portal is good.
PORTAL_MS = HOUR_MS
#: The payment is often known before the person has read the page that leads them back.
LINGER_MS = 2 * MINUTE_MS


def left_ms(state: AppState) -> int | None:
    """How long to listen on after a checkout was begun; None for as long as it goes on."""
    view = state.view
    if Operation.CHECKOUT in state.in_progress or (view is not None and view.checkout is not None):
        return None
    return LINGER_MS if view is not None and view.usable else 0
