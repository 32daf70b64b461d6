"""When displayed text changes through the passing of time alone.

The daemon reports every change of the activation. This module is about "3 minutes ago" and "1:07"
only, so that a window that shows neither never wakes up.
"""

from __future__ import annotations

from keystead.instants import DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS
from keystead_client.desktop.models.app_state import AppState, Screen
from keystead_client.desktop.models.timeline import IN_DAYS_MS


def next_change_ms(state: AppState, screen: Screen, now_ms: int) -> int | None:
    """Return the milliseconds until displayed text changes, at least 1; None if it does not."""
    view = state.view
    if view is None:
        return None
    if screen is Screen.CHECKOUT_PROGRESS and view.checkout is not None:
        waited_ms = now_ms - view.checkout.started_at
        return _to_next(waited_ms, SECOND_MS if waited_ms < HOUR_MS else MINUTE_MS)
    if screen is not Screen.OVERVIEW:
        return None
    due = []
    if view.last_refresh_at is not None and 0 <= now_ms - view.last_refresh_at < DAY_MS:
        due.append(_to_next(now_ms - view.last_refresh_at, MINUTE_MS))
    if view.until is not None and view.until > now_ms:
        due.append(_until_left_changes(view.until - now_ms))
    boundaries = (view.current_period_end, view.grace_ends_at)
    ahead = [ms - now_ms for ms in boundaries if ms is not None and ms >= now_ms]
    due += [_until_line_changes(remaining_ms) for remaining_ms in ahead]
    return min(due, default=None)


def _to_next(passed_ms: int, step_ms: int) -> int:
    return step_ms - passed_ms % step_ms


def _until_left_changes(remaining_ms: int) -> int:
    """The time left is shown only on the last day, to the minute."""
    return remaining_ms - DAY_MS + 1 if remaining_ms >= DAY_MS else remaining_ms % MINUTE_MS + 1


def _until_line_changes(remaining_ms: int) -> int:
    """The timeline shows days from two days on, and minutes below that."""
    return remaining_ms % (DAY_MS if remaining_ms >= IN_DAYS_MS else MINUTE_MS) + 1
