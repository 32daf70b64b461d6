"""Imports without OpenSSL, which saves the daemon 4 MiB and some milliseconds.

asyncio imports `ssl` and hashlib imports `_hashlib` if they can, and work without them. Both load
OpenSSL. The daemon itself needs neither: TLS is spoken by `helpers.http`, and Python has hash
functions built in.
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
    """Import without OpenSSL, and without garbage collection, which finds nothing then."""
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
        # Imported objects stay, so later collections can skip them.
        gc.freeze()


def _hashes_are_built_in() -> bool:
    names = ("_sha2", "_sha256")
    found = (finder.find_spec(name, None) for name in names for finder in sys.meta_path)
    return any(found)
