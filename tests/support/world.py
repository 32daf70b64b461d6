"""A complete installation on one machine: a stub, devices with a daemon each, and the CLI.

A `World` has a stub and makes devices. A `Device` is one home: a real ``keysteadd`` on it, the
local API, and ``keystead`` as a process. Nothing here sleeps: a device's background work is
announced by its events, which `Device.until` reads.
"""

from __future__ import annotations

import json
import signal
import subprocess
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from time import monotonic
from typing import Any, cast

import msgspec

from keystead import local_api
from keystead.local_api import ActivationView, Checkout, CheckoutParams
from keystead.local_client import LocalClient
from keystead.paths import paths_of
from keystead_stub.in_process import BillingStub
from support.cli import CommandResult, run_cli
from support.daemon_process import start_daemon

PRODUCT = "nyra"
EMAIL = "ada@example.com"
CARD = "4242424242424242"

#: Seconds within which a device must show a change, even on a busy machine.
PATIENCE_S = 60.0
#: Seconds for a response that needs the backend.
NETWORK_S = 60.0

Holds = Callable[[ActivationView], bool]


class Device:
    """One home on this machine. ``environ`` is what its programs are started with.

    ``rehearsed`` is a device whose clocks can be turned (`keystead_daemon.demo_daemon`).
    """

    def __init__(
        self,
        home: Path,
        environ: Mapping[str, str],
        *,
        rehearsed: bool = False,
        product: str = PRODUCT,
    ) -> None:
        self.home = home
        self.rehearsed = rehearsed
        self.paths = paths_of(product, home)
        self.environ = {
            "KEYSTEAD_HOME": str(home),
            "KEYSTEAD_SECRETS": "file",
            **environ,
        }
        self.process: subprocess.Popen[bytes] | None = None
        self.ran: list[CommandResult] = []
        home.mkdir(parents=True, exist_ok=True)
        self.said = home / "daemon.out"

    def start(self, *, prefix: Sequence[str] = (), **environ: str) -> None:
        """Start the daemon, by a command ``prefix`` if there is one, and wait until it is ready.

        Raises DaemonStartError.
        """
        assert self.process is None
        variables = self.environ | environ
        self.process = start_daemon(
            variables["KEYSTEAD_PROFILE"],
            self.home,
            environ=variables,
            prefix=prefix,
            secrets=variables["KEYSTEAD_SECRETS"],
            said=self.said,
            rehearsed=self.rehearsed,
        ).process

    def stop(self) -> None:
        """Stop the daemon with SIGTERM, as the end of a session does; it must exit cleanly."""
        if self.process is not None:
            self.process.send_signal(signal.SIGTERM)
            assert self._ended() == 0, self.said.read_text()

    def kill(self) -> None:
        """Kill the daemon, as a power cut does."""
        if self.process is not None:
            self.process.kill()
            self._ended()

    def _ended(self) -> int:
        process = self.process
        assert process is not None
        try:
            code = process.wait(PATIENCE_S)
        finally:
            for pipe in (process.stdin, process.stdout):
                if pipe is not None:
                    pipe.close()
        self.process = None
        return code

    def restart(self, **environ: str) -> None:
        self.stop()
        self.start(**environ)

    def sleep(self, ms: int) -> ActivationView:
        """Advance a rehearsed device's clocks as a sleep does, and wait for its work afterwards."""
        self.turn(ms)
        return self.until(lambda view: not view.refreshing)

    def turn(self, ms: int) -> None:
        """Advance a rehearsed device's clocks, which starts its due work."""
        assert self.process is not None
        steering, answers = self.process.stdin, self.process.stdout
        assert steering is not None
        assert answers is not None
        steering.write(b"%d\n" % ms)
        steering.flush()
        assert answers.readline() == b"turned\n"
        self.view()

    def sleep_until(self, instant_ms: int) -> ActivationView:
        return self.sleep(instant_ms - self.view().now)

    def call(self, method: str, params: msgspec.Struct | None = None) -> Any:
        """Make one call of the local API. Raises DaemonRefused."""
        with LocalClient(self.paths.socket) as client:
            return client.call(method, params, timeout_s=NETWORK_S)

    def view(self) -> ActivationView:
        return cast(ActivationView, self.call("activation.get"))

    def refresh(self) -> ActivationView:
        """Refresh the activation now. Raises DaemonRefused if the backend does not answer."""
        return cast(ActivationView, self.call("activation.refresh"))

    def until(self, holds: Holds, *, limit_s: float = PATIENCE_S) -> ActivationView:
        """Return the first published view for which ``holds``, without polling."""
        return self.watch(holds, limit_s=limit_s)[-1]

    def watch(
        self,
        holds: Holds,
        *,
        limit_s: float = PATIENCE_S,
        meanwhile: Callable[[], object] | None = None,
    ) -> list[ActivationView]:
        """Return all published views up to the first one for which ``holds``.

        ``meanwhile`` is called once the subscription is confirmed.
        """
        limit = monotonic() + limit_s
        with LocalClient(self.paths.socket) as events:
            views = [events.call("events.subscribe", timeout_s=NETWORK_S)]
            if meanwhile is not None:
                meanwhile()
            while not holds(views[-1]):
                views.append(self._next(events, limit, views))
        return views

    def _next(
        self, events: LocalClient, limit: float, views: list[ActivationView]
    ) -> ActivationView:
        with suppress(TimeoutError):
            while (left_s := limit - monotonic()) > 0:
                message = next(events.notifications(timeout_s=left_s), None)
                assert message is not None, "the daemon hung up"
                if message.method == local_api.ACTIVATION_CHANGED:
                    view: ActivationView = local_api.decode_as(message.params, ActivationView)
                    return view
        seen = [(str(view.state), view.reason, view.last_error) for view in views]
        raise AssertionError(f"this was not told in time; seen: {seen}")

    def start_checkout(self, **wish: Any) -> Checkout:
        """Start a checkout, as "Continue in browser" does."""
        return cast(Checkout, self.call("checkout.start", CheckoutParams(**wish)))

    def cli(self, *arguments: str | Path, stdin: bytes = b"", **environ: str) -> CommandResult:
        """Run the command for this home; it must not print a traceback."""
        done = run_cli(*arguments, environ=self.environ | environ, stdin=stdin)
        ran = CommandResult(done.returncode, done.stdout.decode(), done.stderr.decode())
        self.ran.append(ran)
        assert "Traceback" not in ran.err, ran.err
        return ran

    def log(self) -> list[dict[str, Any]]:
        """Return the daemon's log, oldest line first."""
        files = sorted(self.paths.logs.glob("*.log*"), reverse=True)
        return [json.loads(line) for file in files for line in file.read_text().splitlines()]


class World:
    """A stub and the devices that know its profile; they end with it."""

    def __init__(self, stub: BillingStub, folder: Path) -> None:
        self.stub = stub
        self.folder = folder
        self.devices: list[Device] = []

    def device(
        self,
        name: str = "laptop",
        *,
        start: bool = True,
        rehearsed: bool = False,
        environ: Mapping[str, str] | None = None,
        proxy: str | None = None,
        product: str = PRODUCT,
    ) -> Device:
        """Return a new device; its daemon runs if ``start`` is true.

        ``proxy`` is the proxy of its settings: one of the environment is not used on loopback.
        A ``product`` of its own is that of another seller at the same backend.
        """
        profile = self._profile_of(product)
        variables = {"KEYSTEAD_PROFILE": str(profile), **(environ or {})}
        device = Device(self.folder / name, variables, rehearsed=rehearsed, product=product)
        self.devices.append(device)
        if proxy is not None:
            settings = device.paths.settings_file
            settings.parent.mkdir(parents=True)
            settings.write_text(json.dumps({"proxy": proxy}), "utf-8")
            settings.chmod(0o600)
        if start:
            device.start()
        return device

    def _profile_of(self, product: str) -> Path:
        if product == PRODUCT:
            return self.stub.profile
        text = self.stub.profile.read_text("utf-8")
        profile = self.stub.profile.with_name(f"{product}.toml")
        profile.write_text(text.replace(f'id = "{PRODUCT}"', f'id = "{product}"', 1), "utf-8")
        return profile

    def activated(
        self,
        name: str = "laptop",
        *,
        rehearsed: bool = False,
        environ: Mapping[str, str] | None = None,
        proxy: str | None = None,
    ) -> Device:
        """Return a new device with a paid subscription."""
        device = self.device(name, rehearsed=rehearsed, environ=environ, proxy=proxy)
        self.pay(device)
        return device

    def pay(self, device: Device, **wish: Any) -> ActivationView:
        """Buy a subscription for a device and activate it."""
        self.stub.pay(device.start_checkout(**wish).session_id, email=EMAIL)
        view = device.refresh()
        assert view.state == "active"
        return view

    def customer(self, device: Device) -> str:
        """Return the ID of the customer who owns this device."""
        return str(self.stub.state(str(device.view().device_id))["customer"]["id"])

    def happens(self, device: Device, action: str, **how: Any) -> None:
        """Cause an event for the customer who owns this device, as `BillingStub.customer`."""
        self.stub.customer(self.customer(device), action, **how)

    def end(self) -> None:
        """Stop every daemon; each must exit cleanly and have logged no error."""
        try:
            for device in self.devices:
                device.stop()
                loud = [line for line in device.log() if line["level"] in {"error", "critical"}]
                assert loud == [], loud
                assert "Traceback" not in device.said.read_text()
        finally:
            for device in self.devices:
                device.kill()
