"""Object ids in Stripe's format, from a source of randomness that is passed in."""

from __future__ import annotations

from random import Random

_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

#: How many random characters follow the prefix; Stripe's are about this long.
_LENGTHS = {
    "acct_1": 15,
    "bps_1": 23,
    "cs_test_": 59,
    "cus_": 14,
    "ent_test_": 25,
    "feat_test_": 25,
    "sk_test_51": 64,
}


class Ids:
    """Generate ids; `random` decides whether they are predictable."""

    def __init__(self, random: Random) -> None:
        self._random = random

    def text(self, length: int) -> str:
        return "".join(self._random.choices(_ALPHABET, k=length))

    def new(self, prefix: str) -> str:
        """Return an id such as `sub_1…` for the prefix `sub_1`."""
        return prefix + self.text(_LENGTHS.get(prefix, 23))

    def event(self, revision: int, position: int) -> str:
        """Return an event's id; ids sort, as bytes, in the order of creation.

        `created` has whole seconds, so ids are what tells the order of two events of one second.
        """
        # The alphabet is in ASCII order, so fixed-width base 62 sorts like the numbers. The random
        # end keeps ids unguessable.
        return f"evt_1{_base62(revision, 6)}{_base62(position, 3)}{self.text(14)}"


def _base62(number: int, width: int) -> str:
    digits = ""
    for _ in range(width):
        number, rest = divmod(number, 62)
        digits = _ALPHABET[rest] + digits
    return digits
