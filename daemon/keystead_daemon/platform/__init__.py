"""Differences between operating systems: one module each with the same functions.

``peer_is_user(transport) -> bool``
    whether the process at the other end of a local connection is this user's
``watch(loop, changed) -> Callable[[], None]``
    calls ``changed("network")`` when a network came up, and ``changed("clock")`` when a clock was
    set or the machine resumed, without polling. Returns a function that stops watching. A system
    that doesn't report such events calls nothing.
"""

from __future__ import annotations

import sys

if sys.platform == "win32":
    from keystead_daemon.platform.windows import peer_is_user, watch
elif sys.platform == "darwin":
    from keystead_daemon.platform.macos import peer_is_user, watch
else:
    from keystead_daemon.platform.linux import peer_is_user, watch

__all__ = ["peer_is_user", "watch"]
