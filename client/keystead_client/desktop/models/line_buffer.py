"""Split a stream of bytes into the lines of the local API (specification §10.1)."""

from __future__ import annotations

from keystead.errors import InvalidInput
from keystead.local_api import MAX_LINE


class LineBuffer:
    """Holds an incomplete line, never more than one message's length."""

    def __init__(self) -> None:
        self._rest = bytearray()

    def feed(self, data: bytes) -> list[bytes]:
        """Add bytes and return the lines that are complete now, without their newlines.

        Raises InvalidInput (``too_large``) if a line is longer than the local API allows.
        """
        self._rest += data
        whole: list[bytes] = []
        # Only new data can contain a newline: searching the rest each time would be quadratic.
        if b"\n" in data:
            *whole, rest = bytes(self._rest).split(b"\n")
            self._rest = bytearray(rest)
        if any(len(line) >= MAX_LINE for line in (*whole, self._rest)):
            raise InvalidInput("The daemon's answer is too long.", code="too_large")
        return whole
