"""Who opens ``keystead://`` links for this user, where no package says so.

An installed program is announced by its package. One that runs from a checkout or an environment
is not, and the link on the page after paying would lead nowhere. So a person may announce it for
themselves: ``keystead-desktop --register-links``, and take it back with ``--unregister-links``.
Until then the browser returns over loopback (`keystead_client.desktop.loopback_return`).
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
        from keystead_client.link_handler.windows import RegistryHandler

        found: LinkHandler = RegistryHandler(command)
    elif sys.platform == "darwin":
        raise KeysteadError(
            "On macOS only an application bundle can own links.",
            code="not_supported",
            remedy="Build one: make package.",
        )
    else:
        from keystead_client.link_handler.linux import DesktopEntryHandler

        found = DesktopEntryHandler(command, environ, home)
    return found


def opens_links(command: Sequence[str], environ: Mapping[str, str], home: Path) -> bool:
    """Whether a link opened on this system starts this very command, or a program that is it."""
    if sys.platform == "win32":
        from keystead_client.link_handler.windows import is_registered

        found: bool = is_registered(command)
    elif sys.platform == "darwin":
        # The application bundle owns the scheme by its Info.plist; nothing else can.
        found = ".app/Contents/MacOS/" in command[0]
    else:
        from keystead_client.link_handler import linux_lookup

        found = linux_lookup.opens_links(command, environ, home)
    return found
