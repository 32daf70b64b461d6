"""Windows: not served yet. What differs there is told here, so that its place is known.

The local API will be a named pipe of the same user (contract §5), whose security descriptor judges
before a connection is made. Until then `listening.listen` says that this system is not supported.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable


def peer_is_user(transport: asyncio.BaseTransport) -> bool:
    """Nobody is let in where nobody's identity is known."""
    return False


def watch(loop: asyncio.AbstractEventLoop, changed: Callable[[str], None]) -> Callable[[], None]:
    """Nothing tells of networks or of waking yet: nothing to watch, and nothing to end."""

    def end() -> None:
        return None

    return end
