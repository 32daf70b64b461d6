"""A stub in a thread of this process, for tests; all requests go over real HTTP."""

from __future__ import annotations

import secrets
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import httpx

from keystead.instants import DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS
from keystead_stub.app import Options, Stub, build, real_ms
from keystead_stub.billing.vendor import vendor_files
from keystead_stub.commands import exposures
from keystead_stub.http import server as http_server
from keystead_stub.ops import config_file, run_files
from keystead_stub.settings import Settings
from keystead_stub.store.engine import IN_MEMORY

HOST = "127.0.0.1"
TIMEOUT_S = 60


class Clock:
    """The stub's clock."""

    def __init__(self, stub: BillingStub) -> None:
        self._stub = stub

    def now_ms(self) -> int:
        """Return the stub's time, in epoch milliseconds."""
        return int(self._stub.ask("GET", "/_stub/clock")["now"])

    def advance(
        self, seconds: float = 0, *, minutes: float = 0, hours: float = 0, days: float = 0
    ) -> int:
        """Turn the clock forward and run what falls due; return the new time, in epoch ms."""
        ms = minutes * MINUTE_MS + hours * HOUR_MS + days * DAY_MS
        body = {"seconds": seconds + ms / SECOND_MS}
        return int(self._stub.ask("POST", "/_stub/clock/advance", body)["now"])

    def advance_to(self, instant_ms: int) -> int:
        """Turn the clock forward to an instant, in epoch ms; return the new time."""
        return int(self._stub.ask("POST", "/_stub/clock/advance", {"to": instant_ms})["now"])


class FaultControl:
    """The stub's faults, by their names in `PUT /_stub/faults` or in snake case."""

    def __init__(self, stub: BillingStub) -> None:
        self._stub = stub

    def set(self, **faults: Any) -> None:
        """Set these faults, and clear all others."""
        body = {_camel(name): value for name, value in faults.items()}
        self._stub.ask("PUT", "/_stub/faults", body)

    def clear(self) -> None:
        self._stub.ask("DELETE", "/_stub/faults")


class BillingStub:
    """A running stub. `profile` and `keys` are files for a client.

    `url` is the address that clients use, `listening_url` where it listens: behind a proxy they
    differ.
    """

    def __init__(self, stub: Stub, files: run_files.RunFiles, client: httpx.Client) -> None:
        self.url = files.url
        self.listening_url = str(client.base_url).rstrip("/")
        self.profile: Path = files.profile
        self.keys: Path = files.keys
        self.settings: Settings = stub.services.settings
        self.clock = Clock(self)
        self.faults = FaultControl(self)
        self._client = client

    def pay(self, session_id: str, **how: Any) -> dict[str, Any]:
        """Pay a checkout as a customer would: `card`, `email`, `authenticate`."""
        answer = self.ask("POST", f"/_stub/checkouts/{session_id}/complete", how)
        return dict(answer)

    def customer(self, customer_id: str, action: str, **how: Any) -> dict[str, Any]:
        """Run a control on a customer: `cancel`, `refund`, `fail_next_payment` and others."""
        body = {_camel(name): value for name, value in how.items()}
        return dict(self.ask("POST", f"/_stub/customers/{customer_id}/{action}", body))

    def state(self, device_id: str) -> dict[str, Any]:
        """Return the billing state of the customer who owns the device."""
        return dict(self.ask("GET", f"/_stub/state?deviceId={device_id}"))

    def session(self, api: str, **caller: str) -> dict[str, str]:
        """Return the headers of a caller signed in at a billing API, by subject and account."""
        body = {"api": api, **{_camel(name): value for name, value in caller.items()}}
        return dict(self.ask("POST", "/_stub/tokens", body)["headers"])

    def outbox(self) -> list[dict[str, Any]]:
        """Return the mails that were sent, newest first."""
        return list(self.ask("GET", "/_stub/outbox")["mails"])

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        """Call a control; raises httpx.HTTPStatusError if it is refused."""
        answer = self._client.request(method, path, json=body)
        return answer.raise_for_status().json()

    @classmethod
    @contextmanager
    def running(
        cls,
        folder: Path,
        environ: Mapping[str, str] | None = None,
        *,
        database: str = IN_MEMORY,
        api: str | None = None,
        profile: Path | str | None = None,
        catalogue: Path | str | None = None,
        real_ms: Callable[[], int] = real_ms,
    ) -> Iterator[BillingStub]:
        """Run a stub for as long as the block lasts; its files go into `folder`.

        `api` is the billing API at the root, by default the profile's. `profile` and `catalogue`
        are the vendor's own, as files or as their texts. `real_ms` is the clock below the stub's
        own. Raises InvalidInput if a file cannot be used.
        """
        vendor = vendor_files.load(profile, catalogue)
        api = api or vendor.billing_api
        with ExitStack() as stack:
            # Bound before the stub is built, because its settings need the port that the system
            # chose.
            listening = stack.enter_context(http_server.bind(HOST, 0))
            url = http_server.address(listening)
            environ = environ or {}
            exposure = exposures.read(environ, host=HOST).at(url)
            settings = Settings.load(
                environ, url=url, public_url=exposure.public_url, random=secrets.token_bytes
            )
            config = folder / config_file.NAME
            stub = build(
                settings,
                Options(
                    url=url,
                    exposure=exposure,
                    config=config,
                    database=database,
                    api=api,
                    vendor=vendor,
                    real_ms=real_ms,
                ),
            )
            stack.callback(stub.close)
            files = run_files.write(
                folder,
                keys=stub.services.keys,
                vendor=vendor.profile_text,
                api=api,
                url=exposure.public_url,
                simulated=stub.services.simulated,
            )
            stack.enter_context(_serving(stub, listening))
            client = stack.enter_context(
                httpx.Client(
                    base_url=url,
                    headers=exposures.control_headers(environ),
                    trust_env=False,
                    timeout=TIMEOUT_S,
                )
            )
            yield cls(stub, files, client)


@contextmanager
def _serving(stub: Stub, listening: socket.socket) -> Iterator[None]:
    """Serve in a thread until the end of the block."""
    with ExitStack() as stack:
        started = threading.Event()
        server = http_server.server(stub.asgi, started.set)
        # A daemon thread, so that a test that hangs can still be interrupted.
        thread = threading.Thread(target=server.run, args=([listening],), daemon=True)
        thread.start()
        # Callbacks run in reverse order: first the server stops, then the thread is joined.
        stack.callback(thread.join, TIMEOUT_S)
        stack.callback(server.stop)
        if not started.wait(TIMEOUT_S):
            raise RuntimeError("the stub did not start")
        yield


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)
