"""macOS: an agent in ``~/Library/LaunchAgents``, loaded at login (launchd.plist(5))."""

from __future__ import annotations

import plistlib
from pathlib import Path
from xml.parsers.expat import ExpatError

from keystead.files import read_file, replace_atomically
from keystead_client.autostart import AutostartItem, remove_file

_MAX_BYTES = 64 * 1024


def agent_of(item: AutostartItem) -> bytes:
    """Return the agent as a property list: started once at login, in a graphical session only."""
    return plistlib.dumps(
        {
            "Label": label_of(item),
            "ProgramArguments": list(item.command),
            "RunAtLoad": True,
            "ProcessType": "Interactive",
            "LimitLoadToSessionType": "Aqua",
        }
    )


def label_of(item: AutostartItem) -> str:
    """Return the agent's name for launchd."""
    return f"org.keystead.at-login.{item.product_id}"


def starts(data: bytes) -> bool:
    """Return whether launchd starts the agent of a property list."""
    try:
        agent = plistlib.loads(data)
    except (ExpatError, ValueError, OverflowError, AttributeError, TypeError):
        return False
    return (
        isinstance(agent, dict)
        and agent.get("RunAtLoad") is True
        and not agent.get("Disabled", False)
        and bool(agent.get("ProgramArguments"))
    )


class LaunchAgent:
    """One file. Implements `Autostart`."""

    def __init__(self, item: AutostartItem, home: Path) -> None:
        self._item = item
        self._path = home / "Library" / "LaunchAgents" / f"{label_of(item)}.plist"

    def is_enabled(self) -> bool:
        data = read_file(self._path, _MAX_BYTES)
        return data is not None and starts(data)

    def install(self) -> None:
        replace_atomically(self._path, agent_of(self._item))

    def remove(self) -> None:
        remove_file(self._path)
