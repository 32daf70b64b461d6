"""The local API's types as the plain members that are printed."""

from __future__ import annotations

from typing import Any

import msgspec


def members_of(struct: msgspec.Struct) -> dict[str, Any]:
    """The members under their wire names, all the way down."""
    members: dict[str, Any] = msgspec.to_builtins(struct)
    return members
