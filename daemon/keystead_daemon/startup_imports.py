"""A light start: what the daemon never uses is kept out while it is imported.

asyncio imports `ssl` and hashlib imports `_hashlib` where they can, and do without where they
cannot. Both bring OpenSSL along, 4 MiB and some milliseconds of it, for a process that speaks no
TLS (`helpers.http` does) and hashes with what is built in.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

_OPENSSL = ("ssl", "_hashlib")


@contextmanager
def imports_without_openssl() -> Iterator[None]:
    """Import without OpenSSL, and without collecting garbage that an import does not make."""
    modules: dict[str, Any] = sys.modules
    barred = [name for name in _OPENSSL if name not in modules and _hashes_are_built_in()]
    modules.update(dict.fromkeys(barred))
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        for name in barred:
            del modules[name]
        if collecting:
            gc.enable()
        # What was imported stays: no later collection needs to look at it.
        gc.freeze()


def _hashes_are_built_in() -> bool:
    names = ("_sha2", "_sha256")
    found = (finder.find_spec(name, None) for name in names for finder in sys.meta_path)
    return any(found)
