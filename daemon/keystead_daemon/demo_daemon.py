"""``python -m keystead_daemon.demo_daemon``: the daemon with adjustable clocks, for ``demo``.

It is the real daemon except for its clocks. A line with milliseconds on stdin moves them forward, a
line on stdout confirms that, and the end of stdin stops the daemon.

It can't be used to get around trusted time. No flag, variable or file of ``keysteadd`` leads to it,
it accepts only a backend on this machine, and a licensed program checks the evidence by its own
clock (`keystead.sdk`), not by the daemon's.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Callable

import msgspec

from keystead.errors import InvalidInput, KeysteadError
from keystead.profile import Profile
from keystead.trusted_time import ClockReading
from keystead_daemon.app import Daemon
from keystead_daemon.clocks import Clocks, SystemClocks
from keystead_daemon.configuration import Configuration, configure
from keystead_daemon.lock import InstanceLock
from keystead_daemon.logs import Log, LogFile

#: Longest single adjustment: ten years.
MAX_TURN_MS = 10 * 366 * 86_400_000


class AdjustableClocks:
    """Clocks whose wall and boot clock are ahead of others; the time awake is unchanged."""

    def __init__(self, clocks: Clocks) -> None:
        self._clocks = clocks
        self._ahead_ms = 0

    def turn(self, ms: int) -> None:
        """Move forward. Raises ValueError otherwise, because a boot clock never goes back."""
        if not 0 <= ms <= MAX_TURN_MS:
            raise ValueError("clocks are turned forward, by ten years at most")
        self._ahead_ms += ms

    def read(self) -> ClockReading:
        found = self._clocks.read()
        return msgspec.structs.replace(
            found,
            wall_ms=found.wall_ms + self._ahead_ms,
            boot_ms=found.boot_ms + self._ahead_ms,
        )

    def awake_ms(self) -> int:
        return self._clocks.awake_ms()


def check_backend(profile: Profile) -> None:
    """Raise InvalidInput unless the backend is on this machine, the only place http may be used."""
    if not profile.backend_url.startswith("http://"):
        raise InvalidInput(
            "A rehearsal needs a backend on this machine, such as keystead-stub.",
            code="not_a_rehearsal",
        )


def main() -> int:
    """Run until stdin ends. Returns 0 after a clean stop, 1 after an error."""
    try:
        configuration = configure(None, None, os.environ)
        check_backend(configuration.profile)
        return _hold(configuration)
    except KeysteadError as error:
        sys.stderr.write(f"keysteadd: {error.sentence}\n")
        return 1


def _hold(configuration: Configuration) -> int:
    lock = InstanceLock(configuration.paths.lock)
    if not lock.acquire():
        raise InvalidInput("A daemon of this home is already running.", code="running")
    clocks = AdjustableClocks(SystemClocks())
    log = Log(clocks, LogFile(configuration.paths.log_file))
    try:
        return asyncio.run(_serve(configuration, log, clocks))
    finally:
        log.close()
        lock.release()


async def _serve(configuration: Configuration, log: Log, clocks: AdjustableClocks) -> int:
    daemon = Daemon(configuration, log, clocks)
    loop = asyncio.get_running_loop()
    steering = sys.stdin.fileno()
    os.set_blocking(steering, False)
    loop.add_reader(steering, _steered(steering, clocks, daemon))
    return await daemon.run(os.environ, lambda: None)


def _steered(steering: int, clocks: AdjustableClocks, daemon: Daemon) -> Callable[[], None]:
    waiting = bytearray()

    def read() -> None:
        received = os.read(steering, 4096)
        if not received:
            asyncio.get_running_loop().remove_reader(steering)
            daemon.stop()
        waiting.extend(received)
        while (length := waiting.find(b"\n")) >= 0:
            sys.stdout.write(f"{_turned(bytes(waiting[:length]), clocks, daemon)}\n")
            sys.stdout.flush()
            del waiting[: length + 1]

    return read


def _turned(line: bytes, clocks: AdjustableClocks, daemon: Daemon) -> str:
    try:
        clocks.turn(int(line))
    except ValueError:
        return "refused"
    # As after a sleep: the boot clock moved on while the daemon was not awake.
    daemon.system_changed("clock")
    return "turned"


if __name__ == "__main__":
    sys.exit(main())
