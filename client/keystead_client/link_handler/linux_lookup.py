"""Linux: find the program that opens a product's links (MIME Applications 1.0.1)."""

from __future__ import annotations

import os
import shlex
import shutil
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from keystead_client.desktop_entry import values_of
from keystead_client.link_handler.linux import mime_type

_MAX_BYTES = 1024 * 1024
_FIELD_CODES = frozenset({"%u", "%U"})


def opens_links(
    command: Sequence[str], product_id: str, environ: Mapping[str, str], home: Path
) -> bool:
    """Return whether the entry that opens such links starts this command."""
    ours = [os.path.realpath(command[0]), *command[1:]]
    return _opener(mime_type(product_id), environ, home) == ours


def _opener(handled: str, environ: Mapping[str, str], home: Path) -> list[str] | None:
    """Return the command of the first entry that exists and can be started."""
    folders = [folder / "applications" for folder in _data_folders(environ, home)]
    for name in _named(handled, environ, home, folders):
        text = next((text for one in folders if (text := _read(one / name)) is not None), "")
        if (command := _command_of(text, environ)) is not None:
            return command
    return None


def _named(
    handled: str, environ: Mapping[str, str], home: Path, folders: Sequence[Path]
) -> Iterator[str]:
    """Yield entry names in order: chosen by the user, by the system, then all that can."""
    desktops = environ.get("XDG_CURRENT_DESKTOP", "").lower().split(":")
    lists = [*(f"{one}-mimeapps.list" for one in desktops if one.isalnum()), "mimeapps.list"]
    for folder in (*_config_folders(environ, home), *folders):
        for name in lists:
            yield from _entries(folder / name, "[Default Applications]", handled)
    for folder in folders:
        yield from _entries(folder / "mimeinfo.cache", "[MIME Cache]", handled)


def _entries(path: Path, group: str, handled: str) -> list[str]:
    inside = False
    for line in (_read(path) or "").splitlines():
        if line.strip().startswith("["):
            inside = line.strip() == group
            continue
        key, _, value = line.partition("=")
        if inside and key.strip() == handled:
            names = (name.strip() for name in value.split(";"))
            return [name for name in names if name and "/" not in name]
    return []


def _command_of(text: str, environ: Mapping[str, str]) -> list[str] | None:
    """Return the command of an entry without field codes, its program resolved to a file."""
    line = values_of(text.splitlines()).get("Exec", "").replace("\\\\", "\\")
    try:
        words = [one.replace("%%", "%") for one in shlex.split(line) if one not in _FIELD_CODES]
    except ValueError:
        return None
    found = shutil.which(words[0], path=environ.get("PATH")) if words else None
    return [os.path.realpath(found), *words[1:]] if found else None


def _config_folders(environ: Mapping[str, str], home: Path) -> list[Path]:
    return _folders(environ, "XDG_CONFIG_HOME", home / ".config", "XDG_CONFIG_DIRS", "/etc/xdg")


def _data_folders(environ: Mapping[str, str], home: Path) -> list[Path]:
    own = home / ".local" / "share"
    return _folders(environ, "XDG_DATA_HOME", own, "XDG_DATA_DIRS", "/usr/local/share:/usr/share")


def _folders(
    environ: Mapping[str, str], own_name: str, own: Path, shared_name: str, shared: str
) -> list[Path]:
    """Return the user's folder and then the shared ones; relative paths must be ignored."""
    chosen = Path(environ.get(own_name) or own)
    others = (Path(one) for one in (environ.get(shared_name) or shared).split(os.pathsep))
    return [chosen if chosen.is_absolute() else own, *(one for one in others if one.is_absolute())]


def _read(path: Path) -> str | None:
    try:
        with path.open("rb") as file:
            return file.read(_MAX_BYTES).decode("utf-8", "replace")
    except OSError:
        return None
