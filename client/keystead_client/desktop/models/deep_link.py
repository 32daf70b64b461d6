"""What a ``keystead://`` link may ask of the window.

Any web page can make the system open one, so a link is hostile until shown otherwise: it carries
no data, and one link alone has a meaning. It says "look again", and what is found then comes from
the backend, signed.
"""

from __future__ import annotations

from enum import StrEnum


class LaunchAction(StrEnum):
    """What a start of the program, or a link, asks of the window that is open."""

    SHOW = "show"
    REFRESH = "refresh"


#: Browsers and desktops add the slash.
_ACTIVATED = ("keystead://activated", "keystead://activated/")

#: Bytes of the longest errand; whoever says more is not a second start of this program.
LONGEST = max(len(launch_action.value) for launch_action in LaunchAction)


def action_of_link(link: str | None) -> LaunchAction:
    """The errand in a link; one that is not exactly ours asks for nothing but the window."""
    return LaunchAction.REFRESH if link in _ACTIVATED else LaunchAction.SHOW


def heard(data: bytes) -> LaunchAction | None:
    """The errand that a second start sent, or None where it is not one."""
    try:
        return LaunchAction(data.decode("ascii"))
    except ValueError:
        return None
