"""Keystead: gate a desktop program on what was paid for, online and offline.

import keystead

license = keystead.open("keystead.toml")
if license.allows("export"):
    ...
"""

from __future__ import annotations

from typing import TYPE_CHECKING

__all__ = ["InvalidProfile", "KeysteadError", "License", "NotEntitled", "State", "open"]

if TYPE_CHECKING:
    from keystead.activation import State
    from keystead.errors import InvalidProfile, KeysteadError, NotEntitled
    from keystead.sdk import License
    from keystead.sdk import open_license as open  # noqa: A004 - reads as keystead.open
else:
    _PLACES = {"State": "activation", "License": "sdk", "open": "sdk"}

    def __getattr__(name):
        # Loaded when asked for (PEP 562): a window or a command that only shows what the daemon
        # says needs a module or two of this package, and none of what verifies.
        if name not in __all__:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from importlib import import_module

        place = import_module(f"{__name__}.{_PLACES.get(name, 'errors')}")
        return getattr(place, "open_license" if name == "open" else name)
