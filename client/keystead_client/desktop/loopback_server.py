"""Serve one page on this machine's loopback for the browser's redirect (RFC 8252 §7.3, §8.3).

There is one secret path at a time; every other request is answered with 404.
"""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtNetwork import QHostAddress, QNetworkProxy, QTcpServer, QTcpSocket

from keystead.loopback_http import END_OF_HEAD, MAX_HEAD, redirect_query, render_response
from keystead_client.desktop.models.catalog import tr

#: Milliseconds within which a request must be complete and its response taken.
_LIMIT_MS = 5_000
#: Connections at a time; browsers open one or two more than they need.
_MAX_CONNECTIONS = 8
_ADDRESSES = (
    (QHostAddress.SpecialAddress.LocalHost, "127.0.0.1"),
    (QHostAddress.SpecialAddress.LocalHostIPv6, "[::1]"),
)


class LoopbackServer(QObject):
    """Listens between `open` and `close`; nothing here blocks."""

    #: str: the query of a request for the secret path
    received = Signal(str)

    def __init__(self, page: Callable[[], bytes], parent: QObject | None = None) -> None:
        """``page`` returns the whole response to a request for the secret path."""
        super().__init__(parent)
        self._page = page
        self._path = self._authority = ""
        self._connections: list[_Connection] = []
        self._server = QTcpServer(self)
        self._server.setProxy(QNetworkProxy(QNetworkProxy.ProxyType.NoProxy))
        self._server.newConnection.connect(self._accept)

    @property
    def url(self) -> str | None:
        """The URL of the page; None while the server is closed."""
        return f"http://{self._authority}{self._path}" if self._server.isListening() else None

    def open(self, path: str) -> None:
        """Listen on a free port, if there is one; ``path`` must not be guessable."""
        self.close()
        self._path = path
        for address, name in _ADDRESSES:
            if self._server.listen(address, 0):
                self._authority = f"{name}:{self._server.serverPort()}"
                return

    def close(self) -> None:
        """Stop listening and abort all connections."""
        self._server.close()
        for connection in tuple(self._connections):
            connection.abort()

    def _accept(self) -> None:
        while (socket := self._server.nextPendingConnection()) is not None:
            # Any user of this machine can connect. The oldest makes room, so nobody can hold all
            # places: a browser sends its request at once.
            waiting = [one for one in self._connections if not one.is_complete]
            if len(waiting) >= _MAX_CONNECTIONS:
                waiting[0].abort()
            connection = _Connection(socket, self)
            connection.requested.connect(self._respond)
            connection.ended.connect(self._forget)
            self._connections.append(connection)

    def _respond(self, connection: _Connection, head: bytes) -> None:
        query = redirect_query(head, authority=self._authority, path=self._path)
        if query is None:
            nothing = render_response("404 Not Found", tr.language.tag, tr("landing.nothing"))
            connection.respond(nothing)
            return
        connection.respond(self._page())
        self.received.emit(query)

    def _forget(self, connection: _Connection) -> None:
        if connection in self._connections:
            self._connections.remove(connection)


class _Connection(QObject):
    """One connection with one request and one response, within a time limit."""

    #: (this connection, the head of its request)
    requested = Signal(object, bytes)
    ended = Signal(object)

    def __init__(self, socket: QTcpSocket, parent: QObject) -> None:
        super().__init__(parent)
        self._socket, self._head, self._complete = socket, b"", False
        socket.setParent(self)
        socket.setReadBufferSize(MAX_HEAD)
        socket.readyRead.connect(self._read)
        socket.disconnected.connect(self._finish)
        self._limit = QTimer(self, singleShot=True, interval=_LIMIT_MS)
        self._limit.timeout.connect(self.abort)
        self._limit.start()

    @property
    def is_complete(self) -> bool:
        """Whether the whole request has arrived."""
        return self._complete

    def respond(self, response: bytes) -> None:
        """Send the response, and disconnect once it was taken."""
        self._socket.write(response)
        self._socket.disconnectFromHost()

    def abort(self) -> None:
        """Disconnect at once."""
        self._socket.abort()
        self._finish()

    def _read(self) -> None:
        data = bytes(self._socket.readAll().data())
        if self._complete:
            return
        self._head += data
        self._complete = END_OF_HEAD in self._head or len(self._head) > MAX_HEAD
        if self._complete:
            self.requested.emit(self, self._head[:MAX_HEAD])

    def _finish(self) -> None:
        self._limit.stop()
        self.ended.emit(self)
        self.deleteLater()
