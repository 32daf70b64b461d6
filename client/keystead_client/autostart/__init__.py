"""Start the window at login: one interface, a module for each system.

The system's own entry is the only record, because people also switch it off there. It is read
(`Autostart.is_enabled`) whenever the setting is shown.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

import msgspec

from keystead.errors import StorageFailed


class Autostart(Protocol):
    """The entry of one product for this user. Its methods raise StorageFailed."""

    def is_enabled(self) -> bool:
        """Return whether the program will be started at the next login."""
        ...

    def install(self) -> None:
        """Start the program at login. Idempotent. Also raises InvalidInput."""
        ...

    def remove(self) -> None:
        """Do not start it any more. Idempotent."""
        ...


class AutostartItem(msgspec.Struct, frozen=True):
    """What is started; ``command`` begins with the absolute path of a program."""

    product_id: str
    product_name: str
    command: Sequence[str]


def autostart_of(item: AutostartItem, environ: Mapping[str, str], home: Path) -> Autostart:
    """Return the autostart of this system; ``home`` is the user's folder."""
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
    """Remove a file if it exists. Raises StorageFailed."""
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise StorageFailed(f"{path.name} could not be removed: {error.strerror}.") from error
