"""Unix sockets in Qt's event loop."""

from __future__ import annotations

import socket
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from PySide6.QtCore import QObject, QSocketNotifier, QTimer

from keystead.local_peer import foreign_folder, peer_is_user
from keystead_client.desktop.pipes.interface import ListenerBase, PipeBase

#: Bytes that are read before the event loop continues.
_MOST = 65_536
#: Connections that may wait to be accepted.
_BACKLOG = 16
_OWNER_ONLY = 0o600


class _Held(NamedTuple):
    socket: socket.socket
    readable: QSocketNotifier
    writable: QSocketNotifier


class Pipe(PipeBase):
    def __init__(self, parent: QObject, accepted_socket: socket.socket | None = None) -> None:
        """``accepted_socket`` is an accepted connection."""
        super().__init__(parent)
        self._held: _Held | None = None
        self._is_up = self._finishing = False
        self._unsent = bytearray()
        self._end = QTimer(self, singleShot=True, interval=0)
        self._end.timeout.connect(self._connection_ended)
        if accepted_socket is not None:
            self._hold(accepted_socket)
            self._begin()

    @property
    def is_connected(self) -> bool:
        return self._is_up

    def connect_to(self, address: str) -> None:
        self.disconnect_now()
        made = _new_socket()
        try:
            # This does not block: the kernel queues the connection for the listener, or refuses it.
            if foreign_folder(str(Path(address).parent)) is not None:
                raise PermissionError
            made.connect(address)
            if not peer_is_user(made):
                raise PermissionError
        except OSError:
            made.close()
            self._end.start()
        else:
            self._hold(made)

    def write(self, data: bytes) -> None:
        if self._is_up:
            self._unsent += data
            self._send()

    def finish(self) -> None:
        self._finishing = True
        self._send()

    def disconnect_now(self) -> None:
        self._end.stop()
        self._is_up = self._finishing = False
        self._unsent.clear()
        if self._held is not None:
            _silence(self._held.readable)
            _silence(self._held.writable)
            self._held.socket.close()
            self._held = None

    def _hold(self, held: socket.socket) -> None:
        held.setblocking(False)
        kinds = QSocketNotifier.Type
        self._held = _Held(
            held,
            QSocketNotifier(held.fileno(), kinds.Read, self),
            QSocketNotifier(held.fileno(), kinds.Write, self),
        )
        self._held.readable.setEnabled(False)
        self._held.readable.activated.connect(self._read)
        self._held.writable.activated.connect(self._writable)

    def _begin(self) -> None:
        self._is_up = True
        if self._held is not None:
            self._held.readable.setEnabled(True)

    def _writable(self) -> None:
        if self._is_up:
            self._send()
        else:
            self._begin()
            self.connected.emit()

    def _read(self) -> None:
        if self._held is None:
            return
        try:
            data = self._held.socket.recv(_MOST)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if data:
            self.received.emit(data)
        else:
            self._connection_ended()

    def _send(self) -> None:
        if self._held is None:
            return
        try:
            while self._unsent:
                del self._unsent[: self._held.socket.send(self._unsent)]
        except BlockingIOError:
            pass
        except OSError:
            self._unsent.clear()
            # What the other side sent before it closed is still read, and then the end.
            with suppress(OSError):
                self._held.socket.shutdown(socket.SHUT_RDWR)
        self._held.writable.setEnabled(bool(self._unsent))
        if self._finishing and not self._unsent:
            self._end.start()

    def _connection_ended(self) -> None:
        self.disconnect_now()
        self.ended.emit()


class Listener(ListenerBase):
    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._address: Path | None = None
        self._socket = _new_socket()

    def listen(self, address: str) -> None:
        place = Path(address)
        try:
            place.unlink(missing_ok=True)
            self._socket.bind(address)
            # The permissions are set before `listen`, so nobody can connect earlier.
            place.chmod(_OWNER_ONLY)
            self._socket.listen(_BACKLOG)
        except OSError:
            self._socket.close()
            return
        self._address = place
        self._knocks = QSocketNotifier(self._socket.fileno(), QSocketNotifier.Type.Read, self)
        self._knocks.activated.connect(self._accept)

    def close(self) -> None:
        if self._address is not None:
            _silence(self._knocks)
            self._address.unlink(missing_ok=True)
            self._address = None
        self._socket.close()

    def _accept(self) -> None:
        try:
            accepted_socket, _ = self._socket.accept()
        except (BlockingIOError, ConnectionAbortedError):
            return
        except OSError:
            # Out of file descriptors: the notifier would fire without end.
            self.close()
            return
        if not peer_is_user(accepted_socket):
            accepted_socket.close()
            return
        self.accepted.emit(Pipe(self, accepted_socket))


def _new_socket() -> socket.socket:
    made = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    made.setblocking(False)
    return made


def _silence(notifier: QSocketNotifier) -> None:
    notifier.setEnabled(False)
    notifier.deleteLater()
