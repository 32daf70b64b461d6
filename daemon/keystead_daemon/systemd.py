"""systemd's service protocol: readiness (sd_notify(3)) and socket activation (sd_listen_fds(3)).

Without ``NOTIFY_SOCKET`` and ``LISTEN_FDS`` in the environment nothing here does anything.
"""

from __future__ import annotations

import os
import socket
from collections.abc import MutableMapping
from contextlib import suppress

READY = "READY=1"
STOPPING = "STOPPING=1"
_FIRST_INHERITED_FD = 3


def notify(environ: MutableMapping[str, str], message: str) -> None:
    """Send a message to the service manager, without waiting for it."""
    address = environ.get("NOTIFY_SOCKET", "")
    if not address.startswith(("/", "@")):
        return
    # An abstract socket's name begins with a zero byte, which is written as @.
    name = "\0" + address[1:] if address.startswith("@") else address
    with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
        sender.setblocking(False)
        sender.sendto(message.encode(), name)


def inherited_socket(environ: MutableMapping[str, str]) -> socket.socket | None:
    """Return the listening Unix socket that systemd passed to this process, if any.

    Its variables are removed from ``environ``, because child processes must not see them.
    """
    pid, count = environ.pop("LISTEN_PID", ""), environ.pop("LISTEN_FDS", "")
    environ.pop("LISTEN_FDNAMES", None)
    if pid != str(os.getpid()) or not count.isdigit() or int(count) < 1:
        return None
    inherited = socket.socket(fileno=_FIRST_INHERITED_FD)
    if inherited.family != socket.AF_UNIX or not inherited.getsockopt(
        socket.SOL_SOCKET, socket.SO_ACCEPTCONN
    ):
        inherited.detach()
        return None
    inherited.set_inheritable(False)
    return inherited
