"""Whether this session has a bus, found out before anything is loaded that speaks to one."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path


def bus_may_exist(environ: Mapping[str, str]) -> bool:
    """Whether libdbus has anywhere to look (dbus-daemon(1), dbus-launch(1)).

    An address, the user's runtime folder, or an X server that is asked for one. A bus that comes
    later is found by nobody who did not find it at once: Qt connects to it once a process.
    """
    if environ.get("DBUS_SESSION_BUS_ADDRESS") or environ.get("DISPLAY"):
        return True
    runtime = environ.get("XDG_RUNTIME_DIR")
    return runtime is not None and Path(runtime, "bus").exists()
