"""Linux: a desktop entry, and its name in ``mimeapps.list`` (MIME Applications 1.0.1)."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

from keystead.errors import StorageFailed
from keystead.files import read_file, replace_atomically
from keystead.product_names import desktop_id, link_scheme
from keystead_client.autostart import remove_file
from keystead_client.desktop_entry import entry, exec_line

_DEFAULTS = "[Default Applications]"
_MAX_BYTES = 1024 * 1024


def mime_type(product_id: str) -> str:
    """Return the name under which desktops know a product's links."""
    return f"x-scheme-handler/{link_scheme(product_id)}"


def entry_name(product_id: str) -> str:
    """Return the file name of a product's entry; its package has one of another name."""
    return f"{desktop_id(product_id)}-development.desktop"


def applications_folder(environ: Mapping[str, str], home: Path) -> Path:
    """Return the folder of the user's entries; a relative ``XDG_DATA_HOME`` must be ignored."""
    chosen = Path(environ.get("XDG_DATA_HOME", ""))
    folder = chosen if chosen.is_absolute() else home / ".local" / "share"
    return folder / "applications"


def choices_place(environ: Mapping[str, str], home: Path) -> Path:
    """Return the path of the user's ``mimeapps.list``, likewise."""
    chosen = Path(environ.get("XDG_CONFIG_HOME", ""))
    return (chosen if chosen.is_absolute() else home / ".config") / "mimeapps.list"


def entry_of(command: Sequence[str], product_id: str) -> str:
    """Return the entry's text; it is shown in no menu. Raises InvalidInput."""
    return entry(
        {
            "Type": "Application",
            "Name": f"{product_id} (development)",
            "Exec": exec_line(command, "%u"),
            "Icon": desktop_id(product_id),
            "MimeType": f"{mime_type(product_id)};",
            "NoDisplay": "true",
        }
    )


def chosen(text: str, product_id: str, *, ours: bool) -> str:
    """Return a ``mimeapps.list`` that chooses our entry for the product's links, or does not.

    Every other line stays as it is; where ours is not chosen, another program's choice stays too.
    """
    name, handled = entry_name(product_id), mime_type(product_id)
    kept, inside, placed = list[str](), False, not ours
    for line in text.splitlines():
        if line.strip().startswith("["):
            inside = line.strip() == _DEFAULTS
            kept.append(line)
            if inside and not placed:
                kept.append(f"{handled}={name}")
                placed = True
            continue
        key, _, value = line.partition("=")
        is_choice = inside and key.strip() == handled
        if is_choice and (ours or value.strip().rstrip(";") == name):
            continue
        kept.append(line)
    if not placed:
        kept += [_DEFAULTS, f"{handled}={name}"]
    return "".join(f"{line}\n" for line in kept)


class DesktopEntryHandler:
    """One entry and one line of ``mimeapps.list``. Implements `LinkHandler`."""

    def __init__(
        self, command: Sequence[str], product_id: str, environ: Mapping[str, str], home: Path
    ) -> None:
        self._command, self._product_id = command, product_id
        self._entry = applications_folder(environ, home) / entry_name(product_id)
        self._choices = choices_place(environ, home)

    def register(self) -> None:
        replace_atomically(self._entry, entry_of(self._command, self._product_id).encode())
        self._choose(ours=True)

    def unregister(self) -> None:
        remove_file(self._entry)
        if self._choices.exists():
            self._choose(ours=False)

    def _choose(self, *, ours: bool) -> None:
        data = read_file(self._choices, _MAX_BYTES) or b""
        if len(data) > _MAX_BYTES:
            raise StorageFailed(f"{self._choices.name} is too large to be changed.")
        changed = chosen(data.decode("utf-8", "surrogateescape"), self._product_id, ours=ours)
        replace_atomically(self._choices, changed.encode("utf-8", "surrogateescape"))
        # This updates a cache only; desktops without the tool read the entries themselves.
        if tool := shutil.which("update-desktop-database"):
            import subprocess

            subprocess.run([tool, "-q", self._entry.parent], check=False)
