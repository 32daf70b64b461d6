"""The device's side: a real daemon with a clock that can be advanced, watched by its events."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from time import monotonic
from typing import Self

from keystead import local_api
from keystead.errors import DaemonRefused
from keystead.inspection import Inspection, inspect_document
from keystead.local_api import ActivationView, Checkout
from keystead.local_client import LocalClient
from keystead_client.accounts import sign_in_params
from keystead_client.context import Context
from keystead_client.daemon_events import NETWORK_S
from keystead_client.translator import ENGLISH

#: Seconds within which the daemon must report a change.
PATIENCE_S = 60.0


class Device:
    """One daemon whose clock is advanced through the pipes of its process."""

    def __init__(self, context: Context, process: subprocess.Popen[bytes]) -> None:
        self._context = context
        self._process = process
        self._asking = LocalClient(context.paths.socket)
        self._watching = LocalClient(context.paths.socket)
        self.view: ActivationView = self._watching.call("events.subscribe")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._asking.close()
        self._watching.close()

    def look(self) -> ActivationView:
        self.view = self._asking.call("activation.get")
        return self.view

    def start_checkout(self) -> Checkout:
        checkout: Checkout = self._asking.call(
            "checkout.start", local_api.CheckoutParams(), timeout_s=NETWORK_S
        )
        return checkout

    def sign_in(self) -> str:
        """Return the URL at which to sign in."""
        params = sign_in_params(ENGLISH)
        started: local_api.SignIn = self._asking.call("signin.start", params, timeout_s=NETWORK_S)
        return started.url

    def portal(self, flow: str) -> str:
        """Return the URL of a page of the billing portal."""
        params = local_api.PortalParams(flow=flow)
        answer = self._asking.call("portal.open", params, timeout_s=NETWORK_S)
        return str(answer.url)

    def refresh(self) -> ActivationView:
        """Refresh now; return the activation after it, whether or not the backend was reached."""
        try:
            self.view = self._asking.call("activation.refresh", timeout_s=NETWORK_S)
        except DaemonRefused:
            self.look()
        return self.view

    def until(self, holds: Callable[[ActivationView], bool]) -> bool:
        """Wait for an activation for which ``holds`` is true; return whether one arrived in time.

        `view` is the last activation that was seen in either case.
        """
        # Events that were sent before now, and not read yet, belong to an earlier chapter.
        since_ms = self.look().now
        if holds(self.view):
            return True
        limit = monotonic() + PATIENCE_S
        try:
            for view in self._told():
                if view.now >= since_ms:
                    self.view = view
                    if holds(view):
                        return True
                if monotonic() > limit:
                    break
        except TimeoutError:
            return False
        return False

    def _told(self) -> Iterator[ActivationView]:
        for message in self._watching.notifications(timeout_s=PATIENCE_S):
            if message.method == local_api.ACTIVATION_CHANGED:
                yield local_api.decode_as(message.params, ActivationView)

    def travel_to(self, ms: int) -> ActivationView:
        """Advance the device's clock to an instant (epoch ms), as a sleep until then would."""
        ahead_ms = ms - self.look().now
        if ahead_ms > 0:
            steering, answers = self._process.stdin, self._process.stdout
            assert steering is not None and answers is not None  # noqa: S101, PT018 - both piped
            steering.write(b"%d\n" % ahead_ms)
            steering.flush()
            answers.readline()
        return self.look()

    def inspect_license(self, *, device: str | None = None) -> Inspection:
        """Verify the license file by the profile's keys alone."""
        text = self._context.paths.license.read_text("ascii").strip()
        now_ms = self.look().now
        return inspect_document(text, keys=self._context.profile.keys, now_ms=now_ms, device=device)
