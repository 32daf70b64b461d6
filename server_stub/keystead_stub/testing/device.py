"""A customer's device for tests: a real daemon with a home of its own, at a running stub."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any

import httpx

import keystead
from keystead import local_api
from keystead.daemon_launch import Launch, start_daemon
from keystead.license_activation import launch_of
from keystead.local_api import ActivationView
from keystead.local_client import LocalClient
from keystead.paths import paths_of
from keystead.profile import load_profile

if TYPE_CHECKING:
    from keystead_stub.in_process import BillingStub

TIMEOUT_S = 60.0
#: Extra packages that the daemon needs.
_DAEMON_NEEDS = ("httpx", "keyring", "apscheduler")
_HIDDEN = re.compile(r'<input type="hidden" name="([a-z_]+)" value="([^"]*)"')


class KeysteadDevice:
    """A device of a customer. Its program finds the license by `environ`.

    It is a real ``keysteadd``: what it knows came over HTTP from the stub, is signed, and is
    stored in files below `home`.
    """

    def __init__(self, stub: BillingStub, launch: Launch, client: LocalClient) -> None:
        self.profile = stub.profile
        self.home = Path(launch.home or "")
        #: What a program, or a `keystead` command, of this device has in its environment.
        self.environ = launch.child_environ()
        self._stub = stub
        self._socket = launch.socket
        self._client = client

    @property
    def license(self) -> keystead.License:
        """The license as a program on this device sees it now, opened anew."""
        return keystead.open(self.profile, environ=self.environ)

    def status(self) -> ActivationView:
        """Return what the daemon knows, without asking the backend."""
        view: ActivationView = self._client.call("activation.get", timeout_s=TIMEOUT_S)
        return view

    def refresh(self) -> ActivationView:
        """Ask the backend now, and return what the daemon knows then.

        Raises DaemonRefused if the backend can't be reached, or refuses.
        """
        view: ActivationView = self._client.call("activation.refresh", timeout_s=TIMEOUT_S)
        return view

    def is_active(self) -> bool:
        """Ask the backend, and return whether the program may run."""
        return self.refresh().usable

    @property
    def checkout_session_id(self) -> str:
        """The checkout that waits to be paid; one of the first plan is started if there is none."""
        waiting = self.status().checkout
        return waiting.session_id if waiting is not None else self.start_checkout()

    def start_checkout(
        self,
        plan: str | None = None,
        *,
        period: str | None = None,
        seats: int | None = None,
        modules: tuple[str, ...] = (),
        email: str | None = None,
    ) -> str:
        """Start a checkout, and return its id; `period` is `monthly`, `yearly` or `once`.

        Where the billing API asks for it, the device signs in first. Raises DaemonRefused.
        """
        self._sign_in_if_needed()
        params = local_api.CheckoutParams(
            plan=plan, billing_period=period, seats=seats, modules=modules, email=email
        )
        started: local_api.Checkout = self._client.call(
            "checkout.start", params, timeout_s=TIMEOUT_S
        )
        return started.session_id

    def activate(self, plan: str | None = None, *, card: str | None = None, **wish: Any) -> None:
        """Buy and pay, as a customer would, and wait until the device is active.

        `wish` is as in `start_checkout`, `card` one of Stripe's test cards. Raises TimeoutError if
        the device is not active then, as with a card that is declined.
        """
        session = self.start_checkout(plan, **wish)
        self._stub.pay(session, **({"card": card} if card else {}))
        self.wait_for(lambda view: view.usable)

    def wait_for(self, holds: Callable[[ActivationView], bool]) -> ActivationView:
        """Wait until this holds of what the daemon knows. Raises TimeoutError after a minute."""
        limit = monotonic() + TIMEOUT_S
        with LocalClient(self._socket) as watching:
            view: ActivationView = watching.call("events.subscribe", timeout_s=TIMEOUT_S)
            if holds(view):
                return view
            for message in watching.notifications(timeout_s=TIMEOUT_S):
                if message.method == local_api.ACTIVATION_CHANGED:
                    view = local_api.decode_as(message.params, ActivationView)
                    if holds(view):
                        return view
                if monotonic() > limit:
                    break
        raise TimeoutError(f"the device is {view.state} ({view.reason})")

    def sign_in(self, subject: str = "Ada Lovelace", account: str = "acme") -> None:
        """Sign in at a billing API with accounts, as with the browser of this device."""
        started: local_api.SignIn = self._client.call(
            "signin.start", local_api.SignInParams(), timeout_s=TIMEOUT_S
        )
        with httpx.Client(trust_env=False, timeout=TIMEOUT_S, follow_redirects=True) as browser:
            page = browser.get(started.url)
            person = {"subject": subject, "account": account, "action": "allow"}
            browser.post(page.url, data=dict(_HIDDEN.findall(page.text)) | person)
        self.wait_for(lambda view: view.account is not None and view.account.signed_in)

    def _sign_in_if_needed(self) -> None:
        view = self.status()
        signed_in = view.account is not None and view.account.signed_in
        if view.capabilities.sign_in and not signed_in:
            self.sign_in()


def missing() -> list[str]:
    """Packages that the daemon needs and that are not installed."""
    return [name for name in _DAEMON_NEEDS if find_spec(name) is None]


@contextmanager
def running_device(stub: BillingStub, home: Path) -> Iterator[KeysteadDevice]:
    """Run a daemon of the stub's profile, with all its files below `home`.

    Raises DaemonUnreachable if it does not start.
    """
    home.mkdir(parents=True, exist_ok=True)
    profile = load_profile(stub.profile)
    launch = launch_of(
        profile,
        paths_of(profile.product_id, str(home)),
        stub.profile,
        # No test may touch the keyring of the person who runs it.
        os.environ | {"KEYSTEAD_HOME": str(home), "KEYSTEAD_SECRETS": "file"},
    )
    daemon = start_daemon(launch, [sys.executable, "-P", "-m", "keystead_daemon"])
    try:
        with LocalClient(launch.socket) as client:
            yield KeysteadDevice(stub, launch, client)
    finally:
        daemon.terminate()
        daemon.wait(TIMEOUT_S)
