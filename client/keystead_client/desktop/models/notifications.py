"""Decide which events to notify the person of, each at most once.

What was notified of is a tuple of *marks* that is kept across starts. A mark names the event and
the instant of the license that it is about (``day_left:1798…``). A renewal brings new instants, so
nothing has to be reset. Two marks have no instant: ``ended`` and ``device_removed`` hold until the
device is usable again, because a refusal does not always say which period it ends.

* During a refresh there are no notifications: its result may be the renewal. For the same reason
  the end of a period is ignored for a few minutes, in which backends book the renewal.
* Of several events only the most urgent is shown; the others count as notified of.
* A person who looks at the window reads it there. The last hour and the end are notified of all the
  same: an open window does not mean that somebody sits before it, and these two cannot wait.
* A one-time purchase has no period. Its last day is notified of if it could not be checked because
  the service is unreachable.
* After a cancellation only the end is notified of: before it there is nothing to do.
"""

from __future__ import annotations

from datetime import tzinfo
from enum import StrEnum

import msgspec

from keystead.activation import PAST_DUE, State
from keystead.instants import DAY_MS, HOUR_MS, MINUTE_MS
from keystead.local_api import ActivationView
from keystead_client import presentation
from keystead_client.desktop.models.app_state import Screen
from keystead_client.desktop.models.catalog import tr

#: Milliseconds after the end of a period in which backends may still book its renewal.
RENEWAL_DELAY_MS = 5 * MINUTE_MS
#: How many marks are kept, the newest: those of some years.
MAX_MARKS = 64


class Event(StrEnum):
    """The events that a person must act on, the least urgent first."""

    GRACE = "grace"
    PAYMENT_FAILED = "payment_failed"
    DAY_LEFT = "day_left"
    HOUR_LEFT = "hour_left"
    ENDED = "ended"
    DEVICE_REMOVED = "device_removed"


_IN_SPITE_OF_WINDOW = {Event.HOUR_LEFT, Event.ENDED}
_UNTIL_USABLE = (Event.ENDED, Event.DEVICE_REMOVED)
#: Reasons for which the backend refuses something that had never begun.
_NEVER_BEGAN = {"incomplete", "incomplete_expired", "device_limit"}
_UNPAID = {PAST_DUE, "unpaid"}

Marks = tuple[str, ...]


class NotificationDecision(msgspec.Struct, frozen=True):
    """The event to notify of, if any, and the marks after it."""

    event: Event | None
    notified: Marks


class Notification(msgspec.Struct, frozen=True, kw_only=True):
    """An event in words; ``screen`` is where a click on it leads."""

    title: str
    body: str
    tone: str
    screen: Screen


def decide_notification(
    notified: Marks,
    view: ActivationView,
    now_ms: int,
    *,
    watched: bool = False,
    wanted: bool = True,
) -> NotificationDecision:
    """Decide what to notify of at the trusted time ``now_ms``, after the marks ``notified``.

    ``watched``: the person is looking at the window. ``wanted``: the setting. What happens while
    notifications are switched off is not notified of later either.
    """
    if view.refreshing:
        return NotificationDecision(None, notified)
    if view.usable:
        notified = tuple(mark for mark in notified if mark not in _UNTIL_USABLE)
    happened = _happened(view, now_ms)
    marks = [mark for _, marks in happened for mark in marks if mark not in notified]
    event, its_marks = max(happened, key=lambda one: list(Event).index(one[0]), default=(None, ()))
    if set(its_marks) & set(notified):
        # Something more urgent was notified of already.
        event = None
    silent = not wanted or (watched and event not in _IN_SPITE_OF_WINDOW)
    return NotificationDecision(None if silent else event, (*notified, *marks)[-MAX_MARKS:])


def next_check_ms(view: ActivationView, now_ms: int) -> int | None:
    """Return the milliseconds until time alone causes an event; None if it does not."""
    if not view.usable or view.until is None:
        return None
    instants = [view.until - HOUR_MS]
    if view.state is State.GRACE:
        instants += [view.until - DAY_MS, _renewed_by(view)]
    elif presentation.bought_once(view):
        instants.append(view.until - DAY_MS)
    return min((ms - now_ms for ms in instants if ms > now_ms), default=None)


def may_be_renewed(view: ActivationView) -> bool:
    """Return whether the license may have been renewed since the last refresh."""
    return view.state is State.GRACE and view.reason != PAST_DUE


def notification(
    event: Event, view: ActivationView, *, product: str, zone: tzinfo | None, support: str | None
) -> Notification:
    """Describe an event in words."""
    shown = presentation.show(view, zone=zone, support=support, tr=tr)
    return Notification(
        title=tr(f"told.{event}", product=product),
        body="\n".join(filter(None, (shown.headline, shown.next_step))),
        tone=shown.tone,
        screen=_screen(event, view),
    )


def _happened(view: ActivationView, now_ms: int) -> list[tuple[Event, Marks]]:
    """Return all events that hold now with their marks, the less urgent ones included."""
    if view.state is State.GRACE:
        return _in_grace(view, now_ms)
    if view.usable:
        return _unconfirmed(view, now_ms)
    if view.state is State.EXPIRED:
        return [_ended(view)]
    if view.state is State.INACTIVE and view.reason not in _NEVER_BEGAN:
        removed = view.reason == Event.DEVICE_REMOVED
        return [_ended(view), *([(Event.DEVICE_REMOVED, ("device_removed",))] if removed else [])]
    return []


def _in_grace(view: ActivationView, now_ms: int) -> list[tuple[Event, Marks]]:
    period_ms = view.current_period_end or view.until
    hour_left = _hour_left(view, now_ms)
    failed = view.reason == PAST_DUE
    if now_ms < _renewed_by(view) and not failed:
        return hour_left
    happened = [(Event.GRACE, (f"grace:{period_ms}",))]
    if failed:
        happened.append((Event.PAYMENT_FAILED, (f"payment_failed:{period_ms}",)))
    if view.until is not None and now_ms >= view.until - DAY_MS:
        happened.append((Event.DAY_LEFT, (f"day_left:{view.until}",)))
    return happened + hour_left


def _unconfirmed(view: ActivationView, now_ms: int) -> list[tuple[Event, Marks]]:
    """Return the events of a device that is usable until it is confirmed or checked again."""
    if view.state is State.PENDING:
        return _hour_left(view, now_ms)
    if not presentation.needs_check(msgspec.structs.replace(view, now=now_ms)):
        return []
    return [(Event.DAY_LEFT, (f"day_left:{view.until}",)), *_hour_left(view, now_ms)]


def _hour_left(view: ActivationView, now_ms: int) -> list[tuple[Event, Marks]]:
    if view.until is None or now_ms < view.until - HOUR_MS:
        return []
    return [(Event.HOUR_LEFT, (f"hour_left:{view.until}",))]


def _ended(view: ActivationView) -> tuple[Event, Marks]:
    # "ended" is dropped when the device becomes usable. The mark with the instant stays, so the
    # end of one period is never notified twice.
    instant_ms = view.current_period_end or view.grace_ends_at
    return Event.ENDED, ("ended", *((f"ended:{instant_ms}",) if instant_ms is not None else ()))


def _renewed_by(view: ActivationView) -> int:
    return (view.current_period_end or 0) + RENEWAL_DELAY_MS


def _screen(event: Event, view: ActivationView) -> Screen:
    if event is Event.DEVICE_REMOVED:
        return Screen.ACTIVATE
    return Screen.BILLING if view.reason in _UNPAID else Screen.OVERVIEW
