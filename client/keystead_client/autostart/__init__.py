"""Whether the window starts at login: one interface, a small module for each system.

What the system does at login is in a place of its own, where people switch it off too. Nothing else
remembers the wish: that place is asked (`Autostart.is_enabled`) whenever it is shown.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

import msgspec

from keystead.errors import StorageFailed


class Autostart(Protocol):
    """The entry of one product, for this user alone. Its methods raise StorageFailed."""

    def is_enabled(self) -> bool:
        """Whether the program will be started at the next login."""
        ...

    def install(self) -> None:
        """Have it started at login; twice is as good as once. Also raises InvalidInput."""
        ...

    def remove(self) -> None:
        """Have it started no more; also where it was not."""
        ...


class AutostartItem(msgspec.Struct, frozen=True):
    """What is started: ``command`` begins with the absolute path of a program."""

    product_id: str
    product_name: str
    command: Sequence[str]


def autostart_of(item: AutostartItem, environ: Mapping[str, str], home: Path) -> Autostart:
    """The autostart of this system; ``home`` is the user's folder."""
    if sys.platform == "win32":
        from keystead_client.autostart.windows import RunKey

        found: Autostart = RunKey(item)
    elif sys.platform == "darwin":
        from keystead_client.autostart.macos import LaunchAgent

        found = LaunchAgent(item, home)
    else:
        from keystead_client.autostart.linux import AutostartEntry, folder_of

        found = AutostartEntry(item, folder_of(environ, home))
    return found


def remove_file(path: Path) -> None:
    """Remove a file that may not be there. Raises StorageFailed."""
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise StorageFailed(f"{path.name} could not be removed: {error.strerror}.") from error
