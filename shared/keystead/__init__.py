"""Keystead: gate a desktop program on what was paid for, online and offline.

import keystead

license = keystead.open("keystead.toml")
if license.allows("export"):
    ...
"""

from __future__ import annotations

from keystead.activation import State
from keystead.errors import InvalidProfile, KeysteadError, NotEntitled
from keystead.sdk import License
from keystead.sdk import open_license as open  # noqa: A004 - reads as keystead.open

__all__ = ["InvalidProfile", "KeysteadError", "License", "NotEntitled", "State", "open"]
