"""What every kind of pipe does. Nothing blocks; all signals come from the event loop."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal


class PipeBase(QObject):
    """A byte stream to one other process; after its end it may be connected again."""

    connected = Signal()
    #: bytes: received data, in order
    received = Signal(bytes)
    #: Emitted once for each connection that was refused, lost or finished, and not after
    #: `disconnect_now`.
    ended = Signal()

    @property
    def is_connected(self) -> bool:
        """Whether the pipe is connected."""
        raise NotImplementedError

    def connect_to(self, address: str) -> None:
        """Connect to the listener at an address; `connected` or `ended` follows."""
        raise NotImplementedError

    def write(self, data: bytes) -> None:
        """Send data; without a connection it is dropped."""
        raise NotImplementedError

    def finish(self) -> None:
        """Disconnect once everything was sent; `ended` follows."""
        raise NotImplementedError

    def disconnect_now(self) -> None:
        """Disconnect at once and drop what was not sent."""
        raise NotImplementedError


class ListenerBase(QObject):
    """Accepts processes of this user at one address."""

    #: PipeBase, connected; the receiver owns it
    accepted = Signal(object)

    def listen(self, address: str) -> None:
        """Listen, replacing a socket that a crashed process left behind; failure is silent.

        The caller makes sure that no other process listens at the address.
        """
        raise NotImplementedError

    def close(self) -> None:
        """Stop listening; connections that were accepted stay open."""
        raise NotImplementedError
