"""After the story: whoever travels in the stub's console has the device live through that too."""

from __future__ import annotations

import subprocess
from contextlib import suppress

from keystead.errors import KeysteadError
from keystead.instants import MINUTE_MS
from keystead_client.demo.environment import DemoEnvironment

#: Seconds between two looks at the stub's clock.
_LOOK_S = 1.0
#: By less than this the two clocks differ anyway.
_CLOSE_MS = MINUTE_MS


def follow_clock(stage: DemoEnvironment, window: subprocess.Popen[bytes]) -> int:
    """Follow the stub's clock until the window is closed; the window's exit code."""
    while True:
        try:
            return window.wait(_LOOK_S)
        except subprocess.TimeoutExpired:
            # On a bad day of the stub's own making there is nothing to follow for a while.
            with suppress(KeysteadError):
                follow(stage)


def follow(stage: DemoEnvironment) -> bool:
    """Turn the device's clocks to the stub's where that has travelled; whether it had.

    Raises BackendUnreachable.
    """
    there_ms = stage.backend.now_ms()
    travelled = there_ms - stage.device.look().now > _CLOSE_MS
    if travelled:
        stage.device.travel_to(there_ms)
    return travelled
