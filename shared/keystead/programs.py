"""Where a product's daemon and window are on this machine."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from keystead.product_names import DAEMON, WINDOW, install_folder, program_name

if TYPE_CHECKING:
    import subprocess

_MODULES = {DAEMON: "keystead_daemon", WINDOW: "keystead_client.desktop.entry"}
#: What a module needs beside itself, and whose absence means that its extra is not installed.
_NEEDED = {
    DAEMON: ("keystead_daemon", "apscheduler", "httpx", "keyring"),
    WINDOW: ("keystead_client", "PySide6"),
}
_FROZEN = bool(getattr(sys, "frozen", False))


def find_program(product_id: str, program: str) -> list[str] | None:
    """Return the command of a product's daemon or window, or None if none is installed.

    ``program`` is `DAEMON` or `WINDOW`. Searched in this order:

    1. the folder of the running executable: a virtual environment, a bundle that includes them;
    2. the modules of this Python, which a program that was made into one file or folder lacks;
    3. the product's package, where the system's installer puts it;
    4. PATH, by the name of the product's launcher and by the plain name.
    """
    # The scripts of every extra are in a virtual environment, also without what they need.
    complete = _FROZEN or all(find_spec(name) is not None for name in _NEEDED[program])
    beside = _executable(Path(sys.executable).parent, program)
    if beside is not None and complete:
        return [beside]
    if complete and _runs_modules():
        return [sys.executable, "-P", "-m", _MODULES[program]]
    for folder in _installed(product_id):
        if (found := _executable(folder, program)) is not None:
            return [found]
    for name in (program_name(product_id, program), program):
        if (named := shutil.which(name)) is not None and named != beside:
            return [named]
    return None


def program_environ(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the environment for another program, without what a frozen program has for itself.

    PyInstaller's start code points the loader and Qt at the bundle's own libraries, which another
    program must not load.
    """
    bundle = getattr(sys, "_MEIPASS", None)
    if not _FROZEN or bundle is None:
        return dict(environ)
    clean = {
        name: value for name, value in environ.items() if name == "PATH" or bundle not in value
    }
    for name, value in environ.items():
        if name.endswith("_ORIG") and name.removesuffix("_ORIG") in environ:
            clean[name.removesuffix("_ORIG")] = value
    # PyInstaller 6.9 and later: a frozen program that is started is no part of this one.
    return clean | {"PYINSTALLER_RESET_ENVIRONMENT": "1"}


def reap(process: subprocess.Popen[bytes]) -> None:
    """Wait for a process in the background, so that it is no zombie when it ends before us."""
    from threading import Thread

    Thread(target=process.wait, name="keystead-reaper", daemon=True).start()


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


def _runs_modules() -> bool:
    """Return whether the running executable is Python itself: a bundler's would start us again."""
    path = Path(sys.executable)
    return not _FROZEN and path.name.lower().startswith("python") and path.is_file()


def _executable(folder: Path, program: str) -> str | None:
    path = folder / (f"{program}.exe" if sys.platform == "win32" else program)
    return str(path) if path.is_file() and os.access(path, os.X_OK) else None
