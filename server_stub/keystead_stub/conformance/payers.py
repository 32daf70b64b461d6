"""Ways to have a checkout paid: by a stub's controls, by a person, or not at all."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Protocol

from keystead_stub.conformance.exchanges import NotChecked
from keystead_stub.conformance.stub_controls import StubControls


class Payer(Protocol):
    """Has a checkout paid."""

    def pay(self, session_id: str, url: str, email: str, is_paid: Callable[[], bool]) -> None:
        """Return once the checkout is paid. Raises NotChecked if it is not.

        ``is_paid`` asks the backend.
        """


class ControlsPayer:
    """Pays by the controls of the stub."""

    def __init__(self, controls: StubControls) -> None:
        self._controls = controls

    def pay(self, session_id: str, url: str, email: str, is_paid: Callable[[], bool]) -> None:
        self._controls.pay(session_id, email=email)


class PersonPayer:
    """Asks a person to pay at the checkout's page, and waits for at most ``limit_s`` seconds.

    ``wait`` pauses between two questions to the backend.
    """

    def __init__(
        self, tell: Callable[[str], None], limit_s: float, wait: Callable[[float], object]
    ) -> None:
        self._tell = tell
        self._limit_s = limit_s
        self._wait = wait

    def pay(self, session_id: str, url: str, email: str, is_paid: Callable[[], bool]) -> None:
        self._tell(f"Pay within {self._limit_s:.0f} seconds, with a test card:\n{url}")
        ends = time.monotonic() + self._limit_s
        while not is_paid():
            if time.monotonic() >= ends:
                raise NotChecked(f"nobody paid within {self._limit_s:.0f} seconds")
            self._wait(3)


class NobodyPays:
    """No way to pay; ``why`` says what would give one."""

    def __init__(self, why: str) -> None:
        self._why = why

    def pay(self, session_id: str, url: str, email: str, is_paid: Callable[[], bool]) -> None:
        raise NotChecked(self._why)
