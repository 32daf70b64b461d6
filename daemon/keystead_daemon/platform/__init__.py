"""What differs between systems: one small module each, the same functions, chosen here once.

``peer_is_user(transport) -> bool``
    whether the process at the other end of a local connection is this user's
``watch(loop, changed) -> Callable[[], None]``
    calls ``changed("network")`` when the machine got a way out to a network, and
    ``changed("clock")`` when a clock was set or the machine woke, without polling; what it
    returns ends the watching. Where a system does not tell, nothing is called.
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
