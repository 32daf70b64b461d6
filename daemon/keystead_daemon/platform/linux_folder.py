"""Linux: inotify on a folder, which reports removed files without polling (inotify(7))."""

from __future__ import annotations

import asyncio
import ctypes
import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

_IN_MOVED_FROM, _IN_DELETE, _IN_DELETE_SELF, _IN_MOVE_SELF = 0x40, 0x200, 0x400, 0x800
_IN_ONLYDIR = 0x01000000
_GONE = _IN_MOVED_FROM | _IN_DELETE | _IN_DELETE_SELF | _IN_MOVE_SELF | _IN_ONLYDIR
_RECEIVE_BYTES = 4096


def watch_folder(
    loop: asyncio.AbstractEventLoop, folder: Path, changed: Callable[[], None]
) -> Callable[[], None]:
    """See the package. Nothing is watched where the kernel refuses it."""
    libc = ctypes.CDLL(None, use_errno=True)
    descriptor = libc.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC)
    if descriptor < 0:
        return _nothing
    if libc.inotify_add_watch(descriptor, os.fsencode(folder), _GONE) < 0:
        os.close(descriptor)
        return _nothing

    def readable() -> None:
        with suppress(BlockingIOError):
            os.read(descriptor, _RECEIVE_BYTES)
        changed()

    loop.add_reader(descriptor, readable)

    def end() -> None:
        loop.remove_reader(descriptor)
        os.close(descriptor)

    return end


def _nothing() -> None:
    return None
