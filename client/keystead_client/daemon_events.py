"""Wait for events of the daemon, with progress on the terminal."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from time import monotonic

from keystead import local_api
from keystead.activation import PAYMENT_NOT_CONFIRMED, State
from keystead.errors import DaemonUnreachable
from keystead.local_api import ActivationView, Checkout
from keystead.local_client import LocalClient
from keystead_client import formats
from keystead_client.output import Output
from keystead_client.terminal_messages import tr

#: Seconds for a response that needs the billing service: the daemon's own limits and a margin.
NETWORK_S = 60.0
_TICK_S = 1.0


def wait_for_checkout(
    client: LocalClient, checkout: Checkout, out: Output, *, waiting_for: str
) -> ActivationView:
    """Wait until a checkout or restore has succeeded or ended, and return the view.

    ``waiting_for`` is the end of a message id: ``payment`` or ``mail``. The client must have
    subscribed to events before the checkout began. Raises DaemonUnreachable.
    """
    seen = False

    def settled(view: ActivationView) -> bool:
        nonlocal seen
        # Events from before the checkout do not contain it, and must not count as its end.
        open_here = _is_open(view, checkout)
        seen = seen or open_here
        return (seen or view.usable) and not open_here

    return wait_for_view(client, out, waiting_for=waiting_for, holds=settled)


def wait_for_view(
    client: LocalClient,
    out: Output,
    *,
    waiting_for: str,
    holds: Callable[[ActivationView], bool],
) -> ActivationView:
    """Wait for a view for which ``holds`` is true. Raises DaemonUnreachable."""
    began = monotonic()
    while True:
        waited = formats.elapsed(monotonic() - began, tr)
        out.progress(tr(f"terminal.waiting.{waiting_for}", elapsed=waited))
        try:
            for view in _views(client):
                if holds(view):
                    return view
        except TimeoutError:
            continue
        raise DaemonUnreachable("The daemon stopped while this was waiting.", code="daemon_stopped")


def wait_for_event(client: LocalClient, most_s: float) -> None:
    """Wait for an event, for so many seconds at most; the client must have subscribed.

    Raises DaemonUnreachable.
    """
    with suppress(TimeoutError):
        next(client.notifications(timeout_s=most_s), None)


def _views(client: LocalClient) -> Iterator[ActivationView]:
    for notification in client.notifications(timeout_s=_TICK_S):
        if notification.method == local_api.ACTIVATION_CHANGED:
            yield local_api.decode_as(notification.params, ActivationView)


def _is_open(view: ActivationView, checkout: Checkout) -> bool:
    waiting = view.checkout is not None and view.checkout.session_id == checkout.session_id
    # A bank can take days to confirm a payment; nobody waits for that in a terminal.
    paid = view.usable or view.reason == PAYMENT_NOT_CONFIRMED
    return waiting and not (view.state == State.PENDING and paid)
