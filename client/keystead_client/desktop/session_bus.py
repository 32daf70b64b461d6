"""Find out whether this session has a D-Bus, before a module is loaded that connects to it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path


def bus_may_exist(environ: Mapping[str, str]) -> bool:
    """Return whether libdbus has an address to try (dbus-daemon(1), dbus-launch(1)).

    That is an address in the environment, the user's runtime folder, or an X server. A bus that
    starts later does not help: Qt connects to the session bus once a process.
    """
    if environ.get("DBUS_SESSION_BUS_ADDRESS") or environ.get("DISPLAY"):
        return True
    runtime = environ.get("XDG_RUNTIME_DIR")
    return runtime is not None and Path(runtime, "bus").exists()
