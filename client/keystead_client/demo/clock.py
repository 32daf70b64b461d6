"""After the script: when the person advances the stub's clock, advance the device's too."""

from __future__ import annotations

import subprocess
from contextlib import suppress

from keystead.errors import KeysteadError
from keystead.instants import MINUTE_MS
from keystead_client.demo.environment import DemoEnvironment

#: Seconds between two readings of the stub's clock.
_LOOK_S = 1.0
#: Smaller differences are normal.
_CLOSE_MS = MINUTE_MS


def follow_clock(environment: DemoEnvironment, window: subprocess.Popen[bytes]) -> int:
    """Follow the stub's clock until the window is closed; return the window's exit code."""
    while True:
        try:
            return window.wait(_LOOK_S)
        except subprocess.TimeoutExpired:
            # The person may have switched on faults in the stub's console: try again later.
            with suppress(KeysteadError):
                sync_clock(environment)


def sync_clock(environment: DemoEnvironment) -> bool:
    """Advance the device's clock if the stub's was advanced; return whether it was.

    Raises BackendUnreachable.
    """
    there_ms = environment.backend.settled_ms()
    if there_ms is None:
        return False
    travelled = there_ms - environment.device.look().now > _CLOSE_MS
    if travelled:
        environment.device.travel_to(there_ms)
    return travelled
