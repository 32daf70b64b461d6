"""What every kind of pipe does. Nothing here waits, and every signal comes from the event loop."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal


class PipeBase(QObject):
    """Bytes to and from one other process; after an end it may be connected again."""

    connected = Signal()
    #: bytes: some of what the other side sent, in order
    received = Signal(bytes)
    #: Once for each connection that was refused, lost or finished; not after `disconnect_now`.
    ended = Signal()

    @property
    def is_up(self) -> bool:
        """Whether what is written now has somebody to go to."""
        raise NotImplementedError

    def connect_to(self, address: str) -> None:
        """Reach the listener at an address; `connected` or `ended` follows."""
        raise NotImplementedError

    def write(self, data: bytes) -> None:
        """Send as the other side takes it. Where nobody is, it is forgotten."""
        raise NotImplementedError

    def finish(self) -> None:
        """Hang up once all that was written is taken; `ended` follows."""
        raise NotImplementedError

    def disconnect_now(self) -> None:
        """Hang up at once, and forget what was not sent."""
        raise NotImplementedError


class ListenerBase(QObject):
    """Lets processes of this user in, at one address."""

    #: AnyPipe, connected: whoever hears of it owns it
    accepted = Signal(object)

    def listen(self, address: str) -> None:
        """Be there, in place of whoever died there; where that cannot be, nobody ever comes.

        Who calls this knows that nobody else is listening at the address.
        """
        raise NotImplementedError

    def close(self) -> None:
        """Be there no more; who has come may stay."""
        raise NotImplementedError
