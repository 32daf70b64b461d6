"""What a link of the product's scheme (``keystead-nyra://``) may ask of the window.

Any web page can make the system open such a link, so links are untrusted. Exactly one link has a
meaning and it carries no data: "refresh", whose result comes from the backend, signed.
"""

from __future__ import annotations

from enum import StrEnum

from keystead.product_names import activated_link


class LaunchAction(StrEnum):
    """What a start of the program, or a link, asks of the window that is open."""

    SHOW = "show"
    REFRESH = "refresh"


#: Bytes of the longest action; a later start of this program never sends more.
MAX_BYTES = max(len(action.value) for action in LaunchAction)


#: The same link without a product, as a person or a script may give it to the program.
_PLAIN = "keystead://activated"


def action_of_link(link: str | None, product_id: str) -> LaunchAction:
    """Return the action of a link for a product; an unknown link only shows the window."""
    if link is None:
        return LaunchAction.SHOW
    # Browsers and desktops may add the slash.
    known = link.removesuffix("/") in (activated_link(product_id), _PLAIN)
    return LaunchAction.REFRESH if known else LaunchAction.SHOW


def decode_action(data: bytes) -> LaunchAction | None:
    """Return the action that a later start sent, or None if it is not one."""
    try:
        return LaunchAction(data.decode("ascii"))
    except ValueError:
        return None
