"""Find the profile of a command, and read the product's id and name from it.

Every command does this, so only the standard library and `keystead.bootstrap` are loaded. The whole
profile is read and validated by `keystead.profile`.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from keystead import bootstrap
from keystead.contract import MAX_PROFILE_BYTES
from keystead.product_names import is_product_id

if TYPE_CHECKING:
    from keystead.errors import InvalidProfile


def find_profile(named: str | None, environ: Mapping[str, str]) -> str:
    """Return the absolute path of the profile.

    Raises InvalidProfile if none is named and none was shipped.
    """
    found = bootstrap.find_profile(named, environ)
    if found is None:
        from keystead.errors import InvalidProfile

        raise InvalidProfile("No profile was found.", code="no_profile")
    return found


def product_id(path: str) -> str:
    """Read the product's id from the profile at ``path``. Raises InvalidProfile."""
    found = _product(path)["id"]
    if not isinstance(found, str) or not is_product_id(found):
        raise _no_profile(path)
    return found


def product_info(path: str) -> tuple[str, str | None]:
    """Read the product's display name and support address. Raises InvalidProfile."""
    found = _product(path)
    name, support = found.get("name"), found.get("support_email")
    if not isinstance(name, str) or not name:
        name = product_id(path)
    return name, support if isinstance(support, str) else None


def digest(path: str) -> str | None:
    """Return `keystead.profile_digest` of the profile at ``path``, None if it has none."""
    from keystead.profile_digest import profile_digest

    def read(name: str) -> str:
        with open(os.path.join(os.path.dirname(path), name), "rb") as file:  # noqa: PTH118, PTH120, PTH123
            return bootstrap.decode_text(file.read(MAX_PROFILE_BYTES))

    try:
        return profile_digest(read(path), read)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None


def _product(path: str) -> dict[str, Any]:
    """Read the profile's table ``product``, which has an id. Raises InvalidProfile."""
    import tomllib

    try:
        with open(path, "rb") as file:  # noqa: PTH123
            found = tomllib.loads(bootstrap.decode_text(file.read(MAX_PROFILE_BYTES)))["product"]
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


def _no_profile(path: str) -> InvalidProfile:
    from keystead.errors import InvalidProfile

    return InvalidProfile(
        f"The file {path} is no profile.", code="not_a_profile", values={"file": path}
    )
