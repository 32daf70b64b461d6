"""What a person types: groups of five characters, each of which knows its place and its faults.

The alphabet is Crockford's base 32: digits and letters without I, L, O and U. Case and separators
say nothing; I and L are read as 1, O as 0. Four characters of a group carry 20 bits; the fifth is
a check character over them and the group's place. It is a sum in GF(32) with another power of the
generator for each character, as ISBN-10 has it modulo 11: so a wrong character, two that changed
places, and a group in the place of another are found in the group in which they stand.
"""

from __future__ import annotations

import msgspec

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
GROUP = 5
#: Bits that a group carries.
GROUP_BITS = 20

_SEPARATORS = frozenset(" \t\r\n-\u2010\u2011\u2012\u2013\u2014\u00a0\u200b")
_VALUES = {letter: value for value, letter in enumerate(ALPHABET)} | {"I": 1, "L": 1, "O": 0}
_VALUES |= {letter.lower(): value for letter, value in _VALUES.items()}
#: x^5 + x^2 + 1, which is primitive over GF(2): 2 generates all of GF(32) but 0.
_POLYNOMIAL = 0b100101


class TypedCode(msgspec.Struct, frozen=True):
    """What was typed so far: whole groups, the rest, and the numbers (from 1) of wrong groups.

    ``foreign`` holds characters that no code has.
    """

    groups: tuple[str, ...]
    rest: str
    wrong: tuple[int, ...]
    foreign: str


def encode_groups(value: int, length: int) -> str:
    """The ``length`` bits of ``value`` as groups with spaces between, filled up with zeros."""
    count = -(-length // GROUP_BITS)
    value <<= count * GROUP_BITS - length
    groups = []
    for place in range(count):
        shift = (count - 1 - place) * GROUP_BITS
        digits = [value >> shift + 5 * n & 31 for n in (3, 2, 1, 0)]
        groups.append("".join(ALPHABET[one] for one in (*digits, _check(digits, place))))
    return " ".join(groups)


def parse_groups(text: str) -> TypedCode:
    """A text as far as it has been typed; it never raises."""
    letters, foreign = [], []
    for letter in text:
        if letter in _VALUES:
            letters.append(ALPHABET[_VALUES[letter]])
        elif letter not in _SEPARATORS:
            foreign.append(letter)
    plain = "".join(letters)
    whole = len(plain) - len(plain) % GROUP
    groups = tuple(plain[start : start + GROUP] for start in range(0, whole, GROUP))
    wrong = tuple(place + 1 for place, group in enumerate(groups) if not _holds(group, place))
    return TypedCode(groups, plain[whole:], wrong, "".join(foreign))


def decode_groups(groups: tuple[str, ...]) -> tuple[int, int]:
    """The bits that sound groups carry, and how many."""
    value = 0
    for letter in "".join(group[: GROUP - 1] for group in groups):
        value = value << 5 | _VALUES[letter]
    return value, len(groups) * GROUP_BITS


def _holds(group: str, place: int) -> bool:
    *digits, check = (_VALUES[letter] for letter in group)
    return _check(digits, place) == check


def _check(digits: list[int], place: int) -> int:
    check = 0
    # Horner's rule: the place's two digits weigh most, the check character itself weighs 1.
    for digit in (place >> 5 & 31, place & 31, *digits):
        check = _doubled(check ^ digit)
    return check


def _doubled(element: int) -> int:
    element <<= 1
    return element ^ _POLYNOMIAL if element & 32 else element
