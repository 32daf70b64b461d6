"""Linux: a desktop entry, and its name in ``mimeapps.list`` (MIME Applications 1.0.1)."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

from keystead.errors import StorageFailed
from keystead.files import read_file, replace_atomically
from keystead_client.autostart import remove_file
from keystead_client.desktop_entry import entry, exec_line
from keystead_client.link_handler import SCHEME

NAME = "keystead-development.desktop"
MIME_TYPE = f"x-scheme-handler/{SCHEME}"
_DEFAULTS = "[Default Applications]"
_MAX_BYTES = 1024 * 1024


def entry_place(environ: Mapping[str, str], home: Path) -> Path:
    """Return the path of our entry; a relative ``XDG_DATA_HOME`` must be ignored."""
    chosen = Path(environ.get("XDG_DATA_HOME", ""))
    folder = chosen if chosen.is_absolute() else home / ".local" / "share"
    return folder / "applications" / NAME


def choices_place(environ: Mapping[str, str], home: Path) -> Path:
    """Return the path of the user's ``mimeapps.list``, likewise."""
    chosen = Path(environ.get("XDG_CONFIG_HOME", ""))
    return (chosen if chosen.is_absolute() else home / ".config") / "mimeapps.list"


def entry_of(command: Sequence[str]) -> str:
    """Return the entry's text; it is shown in no menu. Raises InvalidInput."""
    return entry(
        {
            "Type": "Application",
            "Name": "Keystead (development)",
            "Exec": exec_line(command, "%u"),
            "Icon": "keystead",
            "MimeType": f"{MIME_TYPE};",
            "NoDisplay": "true",
        }
    )


def chosen(text: str, name: str | None) -> str:
    """Return a ``mimeapps.list`` that chooses the entry ``name``, or does not choose ours.

    Every other line stays as it is; with ``name`` None another program's choice stays too.
    """
    kept, inside, placed = list[str](), False, name is None
    for line in text.splitlines():
        if line.strip().startswith("["):
            inside = line.strip() == _DEFAULTS
            kept.append(line)
            if inside and name is not None and not placed:
                kept.append(f"{MIME_TYPE}={name}")
                placed = True
            continue
        key, _, value = line.partition("=")
        ours = inside and key.strip() == MIME_TYPE
        if ours and (name is not None or value.strip().rstrip(";") == NAME):
            continue
        kept.append(line)
    if not placed:
        kept += [_DEFAULTS, f"{MIME_TYPE}={name}"]
    return "".join(f"{line}\n" for line in kept)


class DesktopEntryHandler:
    """One entry and one line of ``mimeapps.list``. Implements `LinkHandler`."""

    def __init__(self, command: Sequence[str], environ: Mapping[str, str], home: Path) -> None:
        self._command = command
        self._entry = entry_place(environ, home)
        self._choices = choices_place(environ, home)

    def register(self) -> None:
        replace_atomically(self._entry, entry_of(self._command).encode())
        self._choose(NAME)

    def unregister(self) -> None:
        remove_file(self._entry)
        if self._choices.exists():
            self._choose(None)

    def _choose(self, name: str | None) -> None:
        data = read_file(self._choices, _MAX_BYTES) or b""
        if len(data) > _MAX_BYTES:
            raise StorageFailed(f"{self._choices.name} is too large to be changed.")
        changed = chosen(data.decode("utf-8", "surrogateescape"), name)
        replace_atomically(self._choices, changed.encode("utf-8", "surrogateescape"))
        # This updates a cache only; desktops without the tool read the entries themselves.
        if tool := shutil.which("update-desktop-database"):
            import subprocess

            subprocess.run([tool, "-q", self._entry.parent], check=False)
