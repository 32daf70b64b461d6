"""Files that are replaced whole or not at all (contract §7)."""

from __future__ import annotations

import errno
import os
import stat
from contextlib import suppress
from pathlib import Path

from keystead.errors import StorageFailed, Values

PRIVATE_FILE = 0o600
PRIVATE_FOLDER = 0o700

_UNFINISHED = ".new"
#: A link that somebody left under our name is no place to write to. Windows has no such flag.
NO_FOLLOW = getattr(os, "O_NOFOLLOW", 0)


def replace_atomically(path: Path, data: bytes) -> None:
    """Put ``data`` in the place of the file: write, fsync, rename, fsync the folder.

    Killed or failing at any point, the file is the old one or the new one. It is readable by its
    user alone. Raises StorageFailed, and then the old file stands.
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
            f"{path.name} could not be saved: {error.strerror}.", values=_named(path, error)
        ) from error


def read_file(path: Path, limit: int) -> bytes | None:
    """The file's bytes, or None where there is no such file.

    At most ``limit`` + 1 bytes are read, so that a caller sees that there were too many. Raises
    StorageFailed where it is there and cannot be read.
    """
    try:
        with path.open("rb") as file:
            return file.read(limit + 1)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise StorageFailed(
            f"{path.name} could not be read: {error.strerror}.",
            code="unreadable",
            values=_named(path, error),
        ) from error


def make_private_folder(path: Path) -> None:
    """Make the folder, and those above it, for this user alone.

    Raises OSError, also where it is there already and somebody else's: under a folder that
    everybody can write to, others can be quicker.
    """
    path.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)
    if os.name == "posix" and path.stat().st_uid != os.getuid():
        raise PermissionError(errno.EPERM, "the folder belongs to somebody else")


def require_private_folder(path: Path) -> None:
    """Make the folder, and make sure that nobody else can put anything in our place in it.

    Raises OSError, also where it is a link, or somebody else's.
    """
    make_private_folder(path)
    if os.name != "posix":
        return
    found = path.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid():
        raise PermissionError(errno.EPERM, f"{path.name} belongs to somebody else")
    if stat.S_IMODE(found.st_mode) != PRIVATE_FOLDER:
        path.chmod(PRIVATE_FOLDER)


def set_aside(path: Path) -> Path | None:
    """Rename a file that cannot be used, so that nothing of it is lost; None if it was not there.

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
            f"{path.name} could not be set aside: {error.strerror}.", values=_named(path, error)
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
