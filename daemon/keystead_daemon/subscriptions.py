"""Subscriptions to the activation: first the whole state, then each change (specification §10.2).

Nothing waits for a subscriber: its connection drops it if it doesn't read.
"""

from __future__ import annotations

from typing import Any, Protocol

import msgspec

from keystead.local_api import ACTIVATION_CHANGED, CHECKOUT_PROGRESS, ActivationView

_encode = msgspec.json.Encoder().encode


class Subscriber(Protocol):
    """A connection that sends a line, or drops itself."""

    def push(self, line: bytes) -> None: ...


class Subscriptions:
    """Notifies all subscribers when the view changes."""

    def __init__(self) -> None:
        self._subscribers: set[Subscriber] = set()
        self._last: ActivationView | None = None

    def add(self, subscriber: Subscriber) -> None:
        self._subscribers.add(subscriber)

    def discard(self, subscriber: Subscriber) -> None:
        self._subscribers.discard(subscriber)

    def __contains__(self, subscriber: object) -> bool:
        return subscriber in self._subscribers

    def publish(self, view: ActivationView) -> None:
        """Push the view if anything but its time has changed since the last one."""
        before, self._last = self._last, view
        if before is None or not self._subscribers or _timeless(before) == _timeless(view):
            return
        self._push(ACTIVATION_CHANGED, view)
        # A poll whose result changes nothing is progress too: it ends a request in flight.
        if view.checkout != before.checkout or view.refreshing < before.refreshing:
            self._progress(before, view)

    def _progress(self, before: ActivationView, view: ActivationView) -> None:
        checkout = view.checkout or before.checkout
        if checkout is not None:
            progress = CheckoutProgress(
                session_id=checkout.session_id,
                status="open" if view.checkout is not None else "ended",
                state=view.state,
                elapsed_ms=max(view.now - checkout.started_at, 0),
                last_error=view.last_error,
            )
            self._push(CHECKOUT_PROGRESS, progress)

    def _push(self, method: str, params: msgspec.Struct) -> None:
        line = _encode(_Notification(method=method, params=params)) + b"\n"
        # A copy, because a subscriber that is too slow removes itself during the loop.
        for subscriber in tuple(self._subscribers):
            subscriber.push(line)


class CheckoutProgress(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A checkout's status after a poll: ``open`` or ``ended``."""

    session_id: str
    status: str
    state: str
    elapsed_ms: int
    last_error: str | None


class _Notification(msgspec.Struct, frozen=True):
    method: str
    params: Any
    jsonrpc: str = "2.0"


def _timeless(view: ActivationView) -> ActivationView:
    return msgspec.structs.replace(view, now=0)
