"""Whether a daemon runs with the right profile, and what to do if not (specification §11.5). Pure.

A daemon goes on with the profile that it was started with: after an update of the program it would
keep asking the old backend. So whoever connects compares digests (`judge`).

Two programs of one vendor may ship two versions of a profile. If each brought its own back, they
would end each other's daemon for ever. So a daemon knows which profiles it has replaced, and none
of these replaces it in turn: the later one stays until the daemon ends, and the earlier program
says so. What a program trusts is its own profile anyway (`keystead.sdk`).
"""

from __future__ import annotations

from enum import Enum

from keystead.errors import KeysteadError
from keystead.local_api import DaemonInfo


class Match(Enum):
    """How a daemon's profile compares: the same, one to replace, or one that has to stay."""

    SAME = "same"
    REPLACE = "replace"
    OTHER = "other"


def judge(info: DaemonInfo, digest: str) -> Match:
    """Compare a daemon's profile with the one of ``digest``.

    A daemon under a service manager (socket activation) is started by it again with the profile of
    its installation. So ending it helps only where that file is no longer what the daemon has read.
    """
    if info.profile_digest is None or info.profile_digest == digest:
        return Match.SAME
    if digest in info.replaced_profiles or (info.managed and not info.profile_outdated):
        return Match.OTHER
    return Match.REPLACE


def other_profile(product_name: str) -> KeysteadError:
    """Return what to say where a daemon of another profile has to stay."""
    return KeysteadError(
        f"The background service runs with other settings of {product_name} than this program.",
        code="other_profile",
        remedy=f"Update all programs of {product_name}. Then sign out of this computer and sign in"
        " again.",
        values={"product": product_name},
    )
