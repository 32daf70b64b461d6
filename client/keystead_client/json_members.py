"""Convert the local API's types to the JSON members that are printed."""

from __future__ import annotations

from typing import Any

import msgspec


def members_of(struct: msgspec.Struct) -> dict[str, Any]:
    """Return all members under their wire names."""
    members: dict[str, Any] = msgspec.to_builtins(struct)
    return members
