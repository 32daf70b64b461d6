"""Private files that are replaced atomically (specification §4.7)."""

from __future__ import annotations

import errno
import os
import stat
from contextlib import suppress
from pathlib import Path

from keystead.errors import StorageFailed, Values
from keystead.local_peer import foreign_folder

PRIVATE_FILE = 0o600
PRIVATE_FOLDER = 0o700

_UNFINISHED = ".new"
#: Don't write through a symbolic link under the file's name. Windows has no such flag.
NO_FOLLOW = getattr(os, "O_NOFOLLOW", 0)


def replace_atomically(path: Path, data: bytes) -> None:
    """Replace the file's content by ``data``: write, fsync, rename, fsync the folder.

    A crash at any point leaves the old or the new content. Only the user can read the file. Raises
    StorageFailed, and then the old file is unchanged.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}{_UNFINISHED}")
    try:
        make_private_folder(path.parent)
        _write_synced(temporary, data)
        temporary.replace(path)
        _sync_folder(path.parent)
    except OSError as error:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise StorageFailed(
            f"Can't save {path.name}: {error.strerror}.", values=_named(path, error)
        ) from error


def read_file(path: Path, limit: int) -> bytes | None:
    """Return the file's bytes, None if the file doesn't exist.

    Reads at most ``limit`` + 1 bytes, so that the caller can tell that there are too many. Raises
    StorageFailed (``unreadable``).
    """
    try:
        with path.open("rb") as file:
            return file.read(limit + 1)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise StorageFailed(
            f"Can't read {path.name}: {error.strerror}.",
            code="unreadable",
            values=_named(path, error),
        ) from error


def make_private_folder(path: Path) -> None:
    """Create the folder and its parents with access for this user alone.

    Raises OSError, also where the folder belongs to another user, who may have created it first in
    a folder that everybody can write to.
    """
    path.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)
    if os.name == "posix" and path.stat().st_uid != os.getuid():
        raise PermissionError(errno.EPERM, "the folder belongs to another user")


def require_private_folder(path: Path) -> None:
    """Create the folder, and make sure that no other user can write to it.

    Raises OSError, also where it is a link or belongs to another user, or where another user
    controls a folder above it.
    """
    if (foreign := foreign_folder(str(path.parent))) is not None:
        raise PermissionError(errno.EPERM, f"another user controls {foreign}")
    make_private_folder(path)
    if os.name != "posix":
        return
    found = path.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid():
        raise PermissionError(errno.EPERM, f"{path.name} belongs to another user")
    if stat.S_IMODE(found.st_mode) != PRIVATE_FOLDER:
        path.chmod(PRIVATE_FOLDER)


def set_aside(path: Path) -> Path | None:
    """Rename an unusable file instead of deleting it. Returns None if there is no file.

    Raises StorageFailed.
    """
    number = 1
    while (aside := path.with_name(f"{path.name}.aside-{number}")).exists():
        number += 1
    try:
        path.rename(aside)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise StorageFailed(
            f"Can't set {path.name} aside: {error.strerror}.", values=_named(path, error)
        ) from error
    return aside


def remove_temporary_files(folder: Path) -> None:
    """Delete temporary files that a killed `replace_atomically` left behind.

    Only for a folder that this process alone writes to.
    """
    with suppress(OSError):
        for path in folder.glob(f".*{_UNFINISHED}"):
            path.unlink(missing_ok=True)


def _named(path: Path, error: OSError) -> Values:
    return {"file": path.name, "why": error.strerror or "unknown"}


def _write_synced(path: Path, data: bytes) -> None:
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | NO_FOLLOW
    descriptor = os.open(path, flags, PRIVATE_FILE)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _sync_folder(path: Path) -> None:
    # Windows cannot open a folder to sync it, and journals the rename itself.
    if os.name != "posix":
        return
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
