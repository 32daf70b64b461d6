"""Differences between operating systems: one module each with the same functions.

``peer_is_user(transport) -> bool``
    whether the process at the other end of a local connection is this user's
``watch(loop, changed) -> Callable[[], None]``
    calls ``changed("network")`` when a network came up, and ``changed("clock")`` when a clock was
    set or the machine resumed, without polling. Returns a function that stops watching. A system
    that doesn't report such events calls nothing.
``watch_folder(loop, folder, changed) -> Callable[[], None]``
    calls ``changed()`` when something was removed from a folder, or the folder itself, without
    polling. Returns a function that stops watching. Only Linux removes the folder of a session
    whose processes live on, so other systems watch nothing.
"""

from __future__ import annotations

import sys

if sys.platform == "win32":
    from keystead_daemon.platform.windows import peer_is_user, watch, watch_folder
elif sys.platform == "darwin":
    from keystead_daemon.platform.macos import peer_is_user, watch, watch_folder
else:
    from keystead_daemon.platform.linux import peer_is_user, watch
    from keystead_daemon.platform.linux_folder import watch_folder

__all__ = ["peer_is_user", "watch", "watch_folder"]
