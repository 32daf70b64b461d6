"""What a ``keystead://`` link may ask of the window.

Any web page can make the system open such a link, so links are untrusted. Exactly one link has a
meaning and it carries no data: "refresh", whose result comes from the backend, signed.
"""

from __future__ import annotations

from enum import StrEnum


class LaunchAction(StrEnum):
    """What a start of the program, or a link, asks of the window that is open."""

    SHOW = "show"
    REFRESH = "refresh"


#: Browsers and desktops may add the slash.
_ACTIVATED = ("keystead://activated", "keystead://activated/")

#: Bytes of the longest action; a later start of this program never sends more.
MAX_BYTES = max(len(action.value) for action in LaunchAction)


def action_of_link(link: str | None) -> LaunchAction:
    """Return the action of a link; an unknown link only shows the window."""
    return LaunchAction.REFRESH if link in _ACTIVATED else LaunchAction.SHOW


def decode_action(data: bytes) -> LaunchAction | None:
    """Return the action that a later start sent, or None if it is not one."""
    try:
        return LaunchAction(data.decode("ascii"))
    except ValueError:
        return None
