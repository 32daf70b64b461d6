"""Which profile the command line works for (contract §8).

In this order: ``--profile``, ``KEYSTEAD_PROFILE``, a `keystead.toml` beside the program, one in
``share/keystead`` of the installation that it belongs to. The working directory is not looked in:
a folder that somebody unpacked must not choose which backend is paid.

This module is on the way of every command, so it loads nothing but the standard library.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from keystead.errors import InvalidProfile

_NAME = "keystead.toml"
_MAX_BYTES = 256 * 1024


def find_profile(named: str | None, environ: Mapping[str, str]) -> str:
    """The absolute path of the profile; one that is named is not looked for elsewhere.

    Raises InvalidProfile where none is named and none was shipped.
    """
    chosen = named or environ.get("KEYSTEAD_PROFILE")
    if chosen:
        return os.path.abspath(os.path.expanduser(chosen))  # noqa: PTH100, PTH111
    for place in shipped_places():
        if os.path.isfile(place):  # noqa: PTH113
            return place
    from keystead.errors import InvalidProfile

    raise InvalidProfile("No profile was found.", code="no_profile")


def shipped_places() -> Iterator[str]:
    """Where a vendor's profile may be, the first one that is there wins."""
    frozen = getattr(sys, "frozen", False)
    program = os.path.realpath(sys.executable if frozen else sys.argv[0])
    yield os.path.join(os.path.dirname(program), _NAME)  # noqa: PTH118, PTH120
    yield os.path.join(sys.prefix, "share", "keystead", _NAME)  # noqa: PTH118


def product_id(path: str) -> str:
    """The product's id in the profile at ``path``, and nothing else of it is looked at.

    Raises InvalidProfile.
    """
    found = _product(path)["id"]
    if not isinstance(found, str) or not _is_product_id(found):
        raise _no_profile(path)
    return found


def product_info(path: str) -> tuple[str, str | None]:
    """The product's name for people, and where they get help; the rest is not looked at.

    Raises InvalidProfile.
    """
    found = _product(path)
    name, support = found.get("name"), found.get("support_email")
    if not isinstance(name, str) or not name:
        name = product_id(path)
    return name, support if isinstance(support, str) else None


def _product(path: str) -> dict[str, Any]:
    """The profile's table ``product``, which has an id. Raises InvalidProfile."""
    import tomllib

    try:
        with open(path, "rb") as file:  # noqa: PTH123
            found = tomllib.loads(file.read(_MAX_BYTES).decode())["product"]
        _ = found["id"]
    except OSError as error:
        from keystead.errors import InvalidProfile

        why = error.strerror or "unknown"
        raise InvalidProfile(
            f"The profile {path} could not be read: {why}.",
            code="profile_unreadable",
            values={"file": path, "why": why},
        ) from None
    except (ValueError, KeyError, TypeError, RecursionError):
        raise _no_profile(path) from None
    if not isinstance(found, dict):
        raise _no_profile(path)
    return found


def _is_product_id(text: str) -> bool:
    # The id names folders: what could lead out of them is refused before a path is built of it.
    return (
        0 < len(text) <= 64
        and text[0] not in "._-"
        and all(char in "abcdefghijklmnopqrstuvwxyz0123456789._-" for char in text)
    )


def _no_profile(path: str) -> InvalidProfile:
    from keystead.errors import InvalidProfile

    return InvalidProfile(
        f"The file {path} is no profile.", code="not_a_profile", values={"file": path}
    )
