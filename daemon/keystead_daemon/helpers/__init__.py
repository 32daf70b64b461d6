"""Processes beside the daemon that carry what is heavy, or may hang, and end when it is done.

Requests and answers go through their pipes. They hold no state, write no file and decide nothing.
"""

from __future__ import annotations

import sys

#: The first argument that makes a frozen `keysteadd` one of its helpers.
FROZEN_FLAG = "--helper"


def command(name: str) -> tuple[str, ...]:
    """The command that runs helper ``name`` (``http``, ``keyring``) of this very program."""
    if getattr(sys, "frozen", False):
        return (sys.executable, FROZEN_FLAG, name)
    # -P: the folder that the daemon happens to stand in is no place to import from.
    return (sys.executable, "-P", "-m", f"keystead_daemon.helpers.{name}")


def run(arguments: list[str]) -> int:
    """Be a helper, in a frozen program that has no interpreter to start modules with."""
    if arguments == ["http"]:
        from keystead_daemon.helpers.http import main
    elif arguments == ["keyring"]:
        from keystead_daemon.helpers.keyring import main
    else:
        return 2
    main()
    return 0
