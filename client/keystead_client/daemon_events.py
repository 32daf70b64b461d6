"""How a command waits: for the daemon's answer, and for what a person does elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from time import monotonic

from keystead import local_api
from keystead.activation import State
from keystead.errors import DaemonUnreachable
from keystead.local_api import ActivationView, Checkout
from keystead.local_client import LocalClient
from keystead_client import formats
from keystead_client.output import Output
from keystead_client.terminal_messages import tr

#: Seconds for an answer that needs the billing service: its own limits, and a little more.
NETWORK_S = 60.0
_TICK_S = 1.0


def settled(
    client: LocalClient, checkout: Checkout, out: Output, *, waiting_for: str
) -> ActivationView:
    """The first view in which a checkout or restore has come to something, or to nothing.

    ``waiting_for`` is the tail of a message: ``payment`` or ``mail``. The client has subscribed to
    events before the checkout began. Raises DaemonUnreachable.
    """
    seen = False

    def settled_now(view: ActivationView) -> bool:
        nonlocal seen
        # What was sent before the checkout began knows nothing of it.
        open_here = _is_open(view, checkout)
        seen = seen or open_here
        return (seen or view.usable) and not open_here

    return awaited(client, out, waiting_for=waiting_for, holds=settled_now)


def awaited(
    client: LocalClient,
    out: Output,
    *,
    waiting_for: str,
    holds: Callable[[ActivationView], bool],
) -> ActivationView:
    """The first view that is told for which ``holds``, with progress. Raises DaemonUnreachable."""
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


def pause(client: LocalClient, most_s: float) -> None:
    """Wait for news, where the client has subscribed to it, and for so many seconds at the most.

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
    return waiting and not (view.state == State.PENDING and view.usable)
