"""Who opens ``keystead://`` links for this user, where no package says so.

An installed program is announced by its package. One that runs from a checkout or an environment
is not, and the link on the page after paying would lead nowhere. So a person may announce it for
themselves: ``keystead-desktop --register-links``, and take it back with ``--unregister-links``.

Why not a loopback redirect (RFC 8252 §7.3)? That needs a request in which the program names its
port. A checkout has none: contract §3 fixes its fields, and where people land after paying is set
at the backend. Announcing the scheme leads every backend's own link home, a real Stripe's test
mode included, and is what the packages do too.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

from keystead.errors import KeysteadError

SCHEME = "keystead"


class LinkHandler(Protocol):
    """The announcement of one program, for this user alone."""

    def register(self) -> None:
        """Have links opened by the program. Raises StorageFailed, InvalidInput."""
        ...

    def unregister(self) -> None:
        """Take that back, and leave what others announced. Raises StorageFailed."""
        ...


def link_handler(command: Sequence[str], environ: Mapping[str, str], home: Path) -> LinkHandler:
    """The announcement of this system; ``command`` takes a link as its last argument.

    Raises KeysteadError where the system takes none.
    """
    if sys.platform == "win32":
        from keystead_client.link_handler.windows import Classes

        found: LinkHandler = Classes(command)
    elif sys.platform == "darwin":
        raise KeysteadError(
            "On macOS only an application bundle can own links.",
            code="not_supported",
            remedy="Build one: make package.",
        )
    else:
        from keystead_client.link_handler.linux import Announcement

        found = Announcement(command, environ, home)
    return found
