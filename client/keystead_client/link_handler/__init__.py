"""Register this program for the links of its product (``keystead-nyra://``), for this user.

An installed program is registered by its package. One that runs from a checkout or a virtual
environment is not, and the link on the page after paying would not reach it. A developer registers
it with ``keystead-desktop --register-links`` and undoes that with ``--unregister-links``. Otherwise
the browser returns over loopback (`keystead_client.desktop.loopback_return`).
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

from keystead.errors import KeysteadError


class LinkHandler(Protocol):
    """The registration of one program for this user."""

    def register(self) -> None:
        """Open links with the program. Raises StorageFailed, InvalidInput."""
        ...

    def unregister(self) -> None:
        """Undo `register`; other programs' registrations stay. Raises StorageFailed."""
        ...


def link_handler(
    command: Sequence[str], product_id: str, environ: Mapping[str, str], home: Path
) -> LinkHandler:
    """Return the registration of this system; ``command`` takes a link as its last argument.

    Raises KeysteadError if the system does not support it.
    """
    if sys.platform == "win32":
        from keystead_client.link_handler.windows import RegistryHandler

        found: LinkHandler = RegistryHandler(command, product_id)
    elif sys.platform == "darwin":
        raise KeysteadError(
            "On macOS only an application bundle can own links.",
            code="not_supported",
            remedy="Build one: make package.",
        )
    else:
        from keystead_client.link_handler.linux import DesktopEntryHandler

        found = DesktopEntryHandler(command, product_id, environ, home)
    return found


def opens_links(
    command: Sequence[str], product_id: str, environ: Mapping[str, str], home: Path
) -> bool:
    """Return whether a product's links on this system start this command."""
    if sys.platform == "win32":
        from keystead_client.link_handler.windows import is_registered

        found: bool = is_registered(command, product_id)
    elif sys.platform == "darwin":
        # On macOS only an application bundle can own a scheme, by its Info.plist.
        found = ".app/Contents/MacOS/" in command[0]
    else:
        from keystead_client.link_handler import linux_lookup

        found = linux_lookup.opens_links(command, product_id, environ, home)
    return found
