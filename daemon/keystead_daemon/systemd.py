"""What systemd asks of a service: readiness (sd_notify(3)) and sockets handed over (sd_listen_fds).

Without ``NOTIFY_SOCKET`` and ``LISTEN_FDS`` in the environment nothing here does anything.
"""

from __future__ import annotations

import os
import socket
from collections.abc import MutableMapping
from contextlib import suppress

READY = "READY=1"
STOPPING = "STOPPING=1"
_FIRST_HANDED_FD = 3


def notify(environ: MutableMapping[str, str], message: str) -> None:
    """Send a message to whoever started this; one who does not listen is not waited for."""
    address = environ.get("NOTIFY_SOCKET", "")
    if not address.startswith(("/", "@")):
        return
    # An abstract socket's name begins with a zero byte, which is written as @.
    name = "\0" + address[1:] if address.startswith("@") else address
    with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
        sender.setblocking(False)
        sender.sendto(message.encode(), name)


def inherited_socket(environ: MutableMapping[str, str]) -> socket.socket | None:
    """The listening Unix socket that was handed over to this process, if one was.

    The variables are taken out of ``environ``: they are not for children.
    """
    pid, count = environ.pop("LISTEN_PID", ""), environ.pop("LISTEN_FDS", "")
    environ.pop("LISTEN_FDNAMES", None)
    if pid != str(os.getpid()) or not count.isdigit() or int(count) < 1:
        return None
    handed = socket.socket(fileno=_FIRST_HANDED_FD)
    if handed.family != socket.AF_UNIX or not handed.getsockopt(
        socket.SOL_SOCKET, socket.SO_ACCEPTCONN
    ):
        handed.detach()
        return None
    handed.set_inheritable(False)
    return handed
