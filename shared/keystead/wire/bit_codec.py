"""A compact encoding of numbers and texts as bits, because a person has to type the result.

A number is its length in bits (5 bits) and the bits after its leading one; a text is its length in
bytes and the bytes. Bits are read in the order in which they were written.
"""

from __future__ import annotations

_LENGTH_BITS = 5
#: The length that announces a number written with all of its 63 bits.
_LONG, _LONG_BITS = 31, 63


class TooFewBits(ValueError):
    """Fewer bits are left than were to be read."""


class BitWriter:
    """Writes bits; ``value`` holds the ``length`` bits that were written."""

    __slots__ = ("length", "value")

    def __init__(self) -> None:
        self.value = 0
        self.length = 0

    def bits(self, value: int, count: int) -> None:
        """Write a value of 0 to 2^count - 1. Raises ValueError for any other."""
        if not 0 <= value < 1 << count:
            raise ValueError("the value does not fit")
        self.value = self.value << count | value
        self.length += count

    def flag(self, value: bool) -> None:
        self.bits(int(value), 1)

    def number(self, value: int) -> None:
        """Write a number from 0 to 2^63 - 1. Raises ValueError for any other."""
        size = value.bit_length()
        if value < 0 or size >= _LONG:
            self.bits(_LONG, _LENGTH_BITS)
            self.bits(value, _LONG_BITS)
            return
        self.bits(size, _LENGTH_BITS)
        rest = max(size - 1, 0)
        self.bits(value & (1 << rest) - 1, rest)

    def signed(self, value: int) -> None:
        self.flag(value < 0)
        self.number(abs(value))

    def text(self, value: str) -> None:
        raw = value.encode()
        self.number(len(raw))
        self.bits(int.from_bytes(raw, "big"), 8 * len(raw))


class BitReader:
    """Reads ``length`` bits of ``value``, first written first; ``read`` counts the bits read."""

    __slots__ = ("_length", "_value", "read")

    def __init__(self, value: int, length: int) -> None:
        self._value = value
        self._length = length
        self.read = 0

    def bits(self, count: int) -> int:
        """Read ``count`` bits. Raises TooFewBits."""
        left = self._length - self.read - count
        if left < 0:
            raise TooFewBits
        self.read += count
        return self._value >> left & (1 << count) - 1

    def flag(self) -> bool:
        return bool(self.bits(1))

    def number(self) -> int:
        size = self.bits(_LENGTH_BITS)
        if size == _LONG:
            return self.bits(_LONG_BITS)
        return 1 << size - 1 | self.bits(size - 1) if size else 0

    def signed(self) -> int:
        negative = self.flag()
        number = self.number()
        return -number if negative else number

    def text(self) -> str:
        """Read a text. Raises TooFewBits, and UnicodeDecodeError if it is not UTF-8."""
        size = self.number()
        return self.bits(8 * size).to_bytes(size, "big").decode()

    def only_zeros_left(self) -> bool:
        """Return whether all unread bits are zero, as padding has to be."""
        return not self.bits(self._length - self.read)
