"""Named pipes of Windows, by Qt."""

from __future__ import annotations

from PySide6.QtCore import QObject, QTimer
from PySide6.QtNetwork import QLocalServer, QLocalSocket

from keystead_client.desktop.pipes.interface import ListenerBase, PipeBase

_CONNECTED = QLocalSocket.LocalSocketState.ConnectedState
_UNCONNECTED = QLocalSocket.LocalSocketState.UnconnectedState


class Pipe(PipeBase):
    def __init__(self, parent: QObject, accepted_socket: QLocalSocket | None = None) -> None:
        """``accepted_socket`` is an accepted connection."""
        super().__init__(parent)
        self._socket = accepted_socket or QLocalSocket()
        self._socket.setParent(self)
        # Qt may emit a state change during the call that causes it: handle it from the event loop.
        self._changed = QTimer(self, singleShot=True, interval=0)
        self._changed.timeout.connect(self._tell)
        self._socket.stateChanged.connect(self._state_changed)
        self._socket.readyRead.connect(self._read)
        self._socket.bytesWritten.connect(self._may_leave)
        self._finishing = False

    @property
    def is_connected(self) -> bool:
        return self._socket.state() is _CONNECTED

    def connect_to(self, address: str) -> None:
        self.disconnect_now()
        self._socket.connectToServer(address)

    def write(self, data: bytes) -> None:
        if self.is_connected:
            self._socket.write(data)

    def finish(self) -> None:
        self._finishing = True
        self._may_leave()

    def disconnect_now(self) -> None:
        self._finishing = False
        self._socket.abort()
        self._changed.stop()

    def _state_changed(self) -> None:
        self._changed.start()

    def _tell(self) -> None:
        state = self._socket.state()
        if state is _CONNECTED:
            self.connected.emit()
        elif state is _UNCONNECTED:
            self.ended.emit()

    def _may_leave(self) -> None:
        # Qt drops unsent data on disconnecting: of 8 MB on a Unix socket nothing arrived.
        if self._finishing and not self._socket.bytesToWrite():
            self._socket.disconnectFromServer()

    def _read(self) -> None:
        self.received.emit(bytes(self._socket.readAll().data()))


class Listener(ListenerBase):
    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._server = QLocalServer(self)
        self._server.setSocketOptions(QLocalServer.SocketOption.UserAccessOption)
        self._server.newConnection.connect(self._accept)

    def listen(self, address: str) -> None:
        QLocalServer.removeServer(address)
        self._server.listen(address)

    def close(self) -> None:
        self._server.close()

    def _accept(self) -> None:
        while (accepted_socket := self._server.nextPendingConnection()) is not None:
            self.accepted.emit(Pipe(self, accepted_socket))
