"""Where a product's daemon and window are on this machine, and what a program is called here."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

from keystead.product_names import DAEMON, WINDOW, install_folder, program_name

_MODULES = {DAEMON: "keystead_daemon", WINDOW: "keystead_client.desktop.entry"}
#: What a module needs beside itself, and whose absence means that its extra is not installed.
_NEEDED = {DAEMON: ("keystead_daemon", "httpx", "keyring"), WINDOW: ("keystead_client", "PySide6")}
_FROZEN = bool(getattr(sys, "frozen", False))


def find_program(product_id: str, program: str) -> list[str] | None:
    """Return the command of a product's daemon or window, or None if none is installed.

    ``program`` is `DAEMON` or `WINDOW`. Searched in this order:

    1. the folder of the running executable: a virtual environment, a bundle that includes them;
    2. the modules of this Python, which a frozen program does not have;
    3. the product's package, where the system's installer puts it;
    4. PATH, by the name of the product's launcher and by the plain name.
    """
    beside = _executable(Path(sys.executable).parent, program)
    if beside is not None:
        return [beside]
    if not _FROZEN and all(find_spec(name) is not None for name in _NEEDED[program]):
        return [sys.executable, "-P", "-m", _MODULES[program]]
    for folder in _installed(product_id):
        if (found := _executable(folder, program)) is not None:
            return [found]
    for name in (program_name(product_id, program), program):
        if (named := shutil.which(name)) is not None:
            return [named]
    return None


def _installed(product_id: str) -> Iterator[Path]:
    """Yield the folders of an installed package: packaging/ puts the programs there."""
    if sys.platform == "win32":
        local = os.environ.get("LOCALAPPDATA")
        if local:
            yield Path(local) / "Programs" / program_name(product_id, "keystead")
    elif sys.platform == "darwin":
        application = f"{program_name(product_id, 'keystead')}.app/Contents/MacOS"
        yield Path.home() / "Applications" / application
        yield Path("/Applications") / application
    else:
        yield Path(install_folder(product_id))


def _executable(folder: Path, program: str) -> str | None:
    path = folder / (f"{program}.exe" if sys.platform == "win32" else program)
    return str(path) if path.is_file() and os.access(path, os.X_OK) else None


def invoked_as(program: str) -> str:
    """Return what people call one of our programs here: a package's launcher has its own name."""
    name = Path(sys.argv[0]).name
    return name if _FROZEN and name.endswith(program) else program
