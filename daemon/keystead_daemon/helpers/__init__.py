"""Helper processes for work that needs heavy imports or may hang.

Requests and responses go through pipes. A helper holds no state, writes no file, decides nothing,
and ends with its work.
"""

from __future__ import annotations

import sys

#: The first argument that makes a frozen `keysteadd` one of its helpers.
FROZEN_FLAG = "--helper"


def command(name: str) -> tuple[str, ...]:
    """Return the command that runs this program's helper ``name`` (``http`` or ``keyring``)."""
    if getattr(sys, "frozen", False):
        return (sys.executable, FROZEN_FLAG, name)
    # -P: nothing may be imported from the current directory.
    return (sys.executable, "-P", "-m", f"keystead_daemon.helpers.{name}")


def run(arguments: list[str]) -> int:
    """Run a helper within a frozen program, which can't start modules by name."""
    if arguments == ["http"]:
        from keystead_daemon.helpers.http import main
    elif arguments == ["keyring"]:
        from keystead_daemon.helpers.keyring import main
    else:
        return 2
    main()
    return 0
