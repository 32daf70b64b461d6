"""Whether new requests should be sent to this process."""

from __future__ import annotations


class Readiness:
    """Ready until the process is asked to stop."""

    def __init__(self) -> None:
        self.draining = False

    def drain(self) -> None:
        """Say that this process is about to stop; it still answers."""
        self.draining = True
