"""Profile and socket lookup by the standard library alone, for processes that start fast.

``keystead status`` and the window's first paint use this module and `keystead.contract` without
loading `keystead.paths` and `keystead.profile`, which are built on it.
"""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Iterator, Mapping

from keystead.contract import PROFILE_NAME, SOCKET_NAME
from keystead.product_names import COMMAND

#: A Unix socket's address holds 108 bytes on Linux and 104 on macOS, the final zero included.
_MAX_SOCKET_BYTES = 103


def find_profile(named: str | None, environ: Mapping[str, str]) -> str | None:
    """Return the absolute path of the profile, None if there is none.

    It is ``named``, else ``KEYSTEAD_PROFILE``, else the first existing file of `shipped_profiles`.
    """
    chosen = named or environ.get("KEYSTEAD_PROFILE")
    if chosen:
        return os.path.abspath(os.path.expanduser(chosen))  # noqa: PTH100, PTH111
    return next(filter(os.path.isfile, shipped_profiles()), None)


def shipped_profiles() -> Iterator[str]:
    """Yield the paths of a vendor's profile: next to the program, then in its installation.

    The working directory is not searched, because a profile in an unpacked archive must not decide
    which backend is paid.
    """
    frozen = getattr(sys, "frozen", False)
    program = os.path.realpath(sys.executable if frozen else sys.argv[0])
    yield os.path.join(os.path.dirname(program), PROFILE_NAME)  # noqa: PTH118, PTH120
    yield os.path.join(sys.prefix, "share", "keystead", PROFILE_NAME)  # noqa: PTH118


def launcher_name(program: str) -> str:
    """Return what people call one of our programs here (``keystead``, ``keysteadd``, …).

    A package names its launchers after the product, as it does the folder of its programs
    (`keystead.product_names`): ``acme-notes-keystead``.
    """
    folder = os.path.basename(os.path.dirname(os.path.realpath(sys.executable)))  # noqa: PTH119, PTH120
    packaged = getattr(sys, "frozen", False) and folder.endswith(f"-{COMMAND}")
    return folder.removesuffix(COMMAND) + program if packaged else program


def decode_text(data: bytes) -> str:
    """Decode a text file as editors save it: in UTF-8, or in UTF-16 with a byte order mark.

    Raises UnicodeDecodeError.
    """
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16")
    return data.removeprefix(b"\xef\xbb\xbf").decode()


def session_folder(environ: Mapping[str, str]) -> str | None:
    """Return the runtime folder of the user's login session; None if there is no session.

    The variable is missing under cron and in some ssh sessions, although the folder exists. After
    ``su`` it names another user's folder (the XDG base directory specification wants one's own).
    """
    own = f"/run/user/{os.getuid()}"
    named = environ.get("XDG_RUNTIME_DIR") or own
    for folder in (named, own):
        try:
            found = os.stat(folder)  # noqa: PTH116
        except OSError:
            return None
        if stat.S_ISDIR(found.st_mode) and found.st_uid == os.getuid():
            return folder.rstrip("/")
    return None


def runtime_folder(product: str, home: str | None, environ: Mapping[str, str]) -> str | None:
    """Return the runtime folder of a product, or None where only `keystead.paths` can tell.

    ``home`` is the absolute path of ``KEYSTEAD_HOME``, if one was chosen.
    """
    if sys.platform in {"win32", "darwin"}:
        return None
    if home is not None:
        return f"{home.rstrip('/')}/{product}/run"
    session = session_folder(environ)
    return f"{session}/{product}" if session else None


def socket_in(folder: str) -> str | None:
    """Return the socket's path in a runtime folder; None if it is too long for a socket."""
    path = f"{folder}/{SOCKET_NAME}"
    return path if len(os.fsencode(path)) <= _MAX_SOCKET_BYTES else None
