"""Whether there is a screen for a window or a browser: the display server is asked, not assumed.

``DISPLAY`` outlives its display in a shell under screen or tmux, after a broken ssh connection, and
in a service's environment. Qt aborts the process where it can't connect.
"""

from __future__ import annotations

import re
import socket
import sys
from collections.abc import Mapping

_TIMEOUT_S = 2.0
_X11_PORT = 6000
#: X(7), display names: [protocol/][host]:display[.screen]
_DISPLAY = re.compile(
    r"(?:\w+/)?(?P<host>\[[^\]]*\]|[^:/]*)::?(?P<number>\d{1,5})(?:\.\d+)?", re.ASCII
)


def has_screen(environ: Mapping[str, str]) -> bool:
    """Return whether a display server answers to what the environment names."""
    if sys.platform in ("win32", "darwin"):
        return "SSH_CONNECTION" not in environ
    return _wayland_answers(environ) or _x11_answers(environ.get("DISPLAY", ""))


def _wayland_answers(environ: Mapping[str, str]) -> bool:
    name, folder = environ.get("WAYLAND_DISPLAY", ""), environ.get("XDG_RUNTIME_DIR", "")
    if not name or not (name.startswith("/") or folder):
        return False
    return _accepts(socket.AF_UNIX, name if name.startswith("/") else f"{folder}/{name}")


def _x11_answers(display: str) -> bool:
    found = _DISPLAY.fullmatch(display)
    if found is None:
        return False
    host, number = found["host"].strip("[]"), int(found["number"])
    if host in {"", "unix"}:
        path = f"/tmp/.X11-unix/X{number}"  # noqa: S108
        # Xlib tries the abstract socket first, then the file.
        if _accepts(socket.AF_UNIX, f"\0{path}") or _accepts(socket.AF_UNIX, path):
            return True
        return not host and _accepts_tcp("localhost", number)
    return _accepts_tcp(host, number)


def _accepts_tcp(host: str, number: int) -> bool:
    try:
        with socket.create_connection((host, _X11_PORT + number), _TIMEOUT_S):
            return True
    except (OSError, OverflowError, UnicodeError):
        return False


def _accepts(family: socket.AddressFamily, address: str) -> bool:
    with socket.socket(family, socket.SOCK_STREAM) as connection:
        connection.settimeout(_TIMEOUT_S)
        try:
            connection.connect(address)
        except (OSError, ValueError):
            return False
    return True
