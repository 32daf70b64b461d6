"""Linux: an entry in the user's ``autostart`` folder (Desktop Application Autostart Specification).

It is read by GNOME, KDE and the others, and by systemd-xdg-autostart-generator.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from keystead.files import read_file, replace_atomically
from keystead.product_names import desktop_id
from keystead_client.autostart import AutostartItem, remove_file
from keystead_client.desktop_entry import entry, exec_line, values_of

_MAX_BYTES = 64 * 1024


def folder_of(environ: Mapping[str, str], home: Path) -> Path:
    """Return the folder; a relative ``XDG_CONFIG_HOME`` must be ignored."""
    chosen = Path(environ.get("XDG_CONFIG_HOME", ""))
    return (chosen if chosen.is_absolute() else home / ".config") / "autostart"


def entry_of(item: AutostartItem) -> str:
    """Return the entry's text. Raises InvalidInput."""
    return entry(
        {
            "Type": "Application",
            "Name": item.product_name,
            # A package that was removed leaves people's own entries: sessions skip this one then.
            "TryExec": item.command[0],
            "Exec": exec_line(item.command),
            "Icon": desktop_id(item.product_id),
            "Terminal": "false",
            "X-GNOME-Autostart-enabled": "true",
        }
    )


def starts(text: str) -> bool:
    """Return whether a session starts an entry: desktops disable one by these two keys."""
    values = values_of(text.splitlines())
    return (
        bool(values.get("Exec"))
        and values.get("Hidden") != "true"
        and values.get("X-GNOME-Autostart-enabled") != "false"
    )


class AutostartEntry:
    """One file in ``folder``. Implements `Autostart`."""

    def __init__(self, item: AutostartItem, folder: Path) -> None:
        self._item = item
        self._path = folder / f"{desktop_id(item.product_id)}.desktop"

    def is_enabled(self) -> bool:
        data = read_file(self._path, _MAX_BYTES)
        return data is not None and starts(data.decode("utf-8", "replace"))

    def install(self) -> None:
        replace_atomically(self._path, entry_of(self._item).encode())

    def remove(self) -> None:
        remove_file(self._path)
