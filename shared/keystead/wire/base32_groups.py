"""Codes for typing: groups of five base 32 characters, each with a check character.

The alphabet is Crockford's base 32: digits and letters without I, L, O and U. Case and separators
are ignored; I and L are read as 1, O as 0. Four characters of a group carry 20 bits. The fifth is a
check character over them and the group's position: a sum in GF(32), weighted with a different power
of the generator for each character, as ISBN-10 does modulo 11. It therefore detects a wrong
character, two transposed characters, and two transposed groups, in the group where they are.
"""

from __future__ import annotations

import msgspec

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
GROUP = 5
#: Bits of data in a group.
GROUP_BITS = 20

# Hyphens, dashes and spaces that word processors and messengers put in place of typed ones.
_SEPARATORS = frozenset(" \t\r\n-\u2010\u2011\u2012\u2013\u2014\u00a0\u200b")
_VALUES = {letter: value for value, letter in enumerate(ALPHABET)} | {"I": 1, "L": 1, "O": 0}
_VALUES |= {letter.lower(): value for letter, value in _VALUES.items()}
#: x^5 + x^2 + 1, primitive over GF(2), so that 2 generates all nonzero elements of GF(32).
_POLYNOMIAL = 0b100101


class TypedCode(msgspec.Struct, frozen=True):
    """A code as typed so far: its complete groups, and the ``rest`` of an incomplete one.

    ``wrong`` holds the numbers (from 1) of groups whose check character doesn't match, and
    ``foreign`` the characters that are not in the alphabet.
    """

    groups: tuple[str, ...]
    rest: str
    wrong: tuple[int, ...]
    foreign: str


def encode_groups(value: int, length: int) -> str:
    """Encode the ``length`` bits of ``value`` as groups separated by spaces, padded with zeros."""
    count = -(-length // GROUP_BITS)
    value <<= count * GROUP_BITS - length
    groups = []
    for place in range(count):
        shift = (count - 1 - place) * GROUP_BITS
        digits = [value >> shift + 5 * n & 31 for n in (3, 2, 1, 0)]
        groups.append("".join(ALPHABET[one] for one in (*digits, _check(digits, place))))
    return " ".join(groups)


def parse_groups(text: str) -> TypedCode:
    """Parse a code that may be incomplete. Any text is accepted; nothing is raised."""
    letters, foreign = [], []
    for letter in text:
        if letter in _VALUES:
            letters.append(ALPHABET[_VALUES[letter]])
        elif letter not in _SEPARATORS:
            foreign.append(letter)
    plain = "".join(letters)
    whole = len(plain) - len(plain) % GROUP
    groups = tuple(plain[start : start + GROUP] for start in range(0, whole, GROUP))
    wrong = tuple(place + 1 for place, group in enumerate(groups) if not _is_valid(group, place))
    return TypedCode(groups, plain[whole:], wrong, "".join(foreign))


def decode_groups(groups: tuple[str, ...]) -> tuple[int, int]:
    """Decode valid groups to their bits, and the number of bits."""
    value = 0
    for letter in "".join(group[: GROUP - 1] for group in groups):
        value = value << 5 | _VALUES[letter]
    return value, len(groups) * GROUP_BITS


def _is_valid(group: str, place: int) -> bool:
    *digits, check = (_VALUES[letter] for letter in group)
    return _check(digits, place) == check


def _check(digits: list[int], place: int) -> int:
    check = 0
    # Horner's rule: the position's two digits get the highest powers, the check character gets 2^0.
    for digit in (place >> 5 & 31, place & 31, *digits):
        check = _doubled(check ^ digit)
    return check


def _doubled(element: int) -> int:
    element <<= 1
    return element ^ _POLYNOMIAL if element & 32 else element
