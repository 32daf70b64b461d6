"""Who is at the other end of a local socket, and who could have put the socket there.

Another user can create a folder in ``/tmp`` before this user does. So a client trusts no socket
whose folder somebody else controls, and no peer of another user. Only the standard library is
loaded, because ``keystead status`` uses this.
"""

from __future__ import annotations

import os
import stat
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import socket

#: The codes of DaemonUnreachable where somebody else is in the daemon's place, so that starting
#: another one would not help.
FOREIGN = ("daemon_foreign", "folder_foreign")

_POSIX = os.name == "posix"
#: struct ucred (unix(7)): pid, uid, gid; struct xucred (sys/ucred.h): version, uid, and more.
_UID = slice(4, 8)
_UCRED_BYTES, _XUCRED_BYTES = 12, 76
_SOL_LOCAL, _LOCAL_PEERCRED = 0, 1
_ROOT = 0
#: Owners that a user namespace does not map are shown as this user (user_namespaces(7)).
_UNMAPPED = 65534
_ALL_USERS = 4_294_967_295


def peer_is_user(connection: socket.socket) -> bool:
    """Return whether the process that listens, or has connected, is this user's."""
    if not _POSIX:
        return True
    # Imported late: the window's first paint checks folders only.
    import socket

    try:
        if sys.platform == "linux":
            packed = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _UCRED_BYTES)
        else:
            packed = connection.getsockopt(_SOL_LOCAL, _LOCAL_PEERCRED, _XUCRED_BYTES)
    except OSError:
        return False
    return int.from_bytes(packed[_UID], sys.byteorder) == os.getuid()


def foreign_folder(path: str) -> str | None:
    """Return the first folder, from ``path`` upwards, that another user can change; None if none.

    The folder itself must be this user's, and each above it this user's or root's. One that
    everybody can write to must be sticky, as ``/tmp`` is. Folders that don't exist yet are skipped.
    """
    if not _POSIX:
        return None
    own = folder = os.path.realpath(path)
    while True:
        try:
            if not _is_safe(os.stat(folder), is_own=folder == own):  # noqa: PTH116
                return folder
        except (FileNotFoundError, NotADirectoryError):
            pass
        except OSError:
            return folder
        parent = os.path.dirname(folder)  # noqa: PTH120
        if parent == folder:
            return None
        folder = parent


def _is_safe(found: os.stat_result, *, is_own: bool) -> bool:
    sticky, everybody = found.st_mode & stat.S_ISVTX, found.st_mode & stat.S_IWOTH
    if found.st_uid == os.getuid():
        return not everybody or (bool(sticky) and not is_own)
    if is_own or (everybody and not sticky):
        return False
    return found.st_uid == _ROOT or (found.st_uid == _UNMAPPED and _in_user_namespace())


def _in_user_namespace() -> bool:
    try:
        with open("/proc/self/uid_map", encoding="ascii") as file:  # noqa: PTH123
            return [int(field) for field in file.read().split()] != [0, 0, _ALL_USERS]
    except (OSError, ValueError):
        return False
