"""A listener on this machine's loopback, for a browser to land at (RFC 8252 §7.3, §8.3).

It has one secret address at a time, answers one small page there, and 404 to everything else.
"""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtNetwork import QHostAddress, QNetworkProxy, QTcpServer, QTcpSocket

from keystead.loopback_http import END_OF_HEAD, MAX_HEAD, redirect_query, render_response
from keystead_client.desktop.models.catalog import tr

#: Milliseconds in which a request has to be complete, and its answer taken.
_LIMIT_MS = 5_000
#: Connections at a time; browsers open one or two more than they need.
_MOST = 8
_PLACES = (
    (QHostAddress.SpecialAddress.LocalHost, "127.0.0.1"),
    (QHostAddress.SpecialAddress.LocalHostIPv6, "[::1]"),
)


class LoopbackServer(QObject):
    """Listens between `open` and `close`; nothing here waits."""

    #: str: the query with which somebody landed, whatever it may be
    received = Signal(str)

    def __init__(self, page: Callable[[], bytes], parent: QObject | None = None) -> None:
        """``page`` gives the whole response to whoever lands."""
        super().__init__(parent)
        self._page = page
        self._path = self._authority = ""
        self._visitors: list[_Visitor] = []
        self._server = QTcpServer(self)
        self._server.setProxy(QNetworkProxy(QNetworkProxy.ProxyType.NoProxy))
        self._server.newConnection.connect(self._visited)

    @property
    def address(self) -> str | None:
        """The whole URL; None while it is closed."""
        return f"http://{self._authority}{self._path}" if self._server.isListening() else None

    def open(self, path: str) -> None:
        """Listen at ``path``, which nobody can guess, on a port that is free; if there is one."""
        self.close()
        self._path = path
        for place, name in _PLACES:
            if self._server.listen(place, 0):
                self._authority = f"{name}:{self._server.serverPort()}"
                return

    def close(self) -> None:
        """Stop listening, and hang up on whoever is there."""
        self._server.close()
        for visitor in tuple(self._visitors):
            visitor.leave()

    def _visited(self) -> None:
        while (socket := self._server.nextPendingConnection()) is not None:
            if len(self._visitors) >= _MOST:
                socket.abort()
                socket.deleteLater()
                continue
            visitor = _Visitor(socket, self)
            visitor.asked.connect(self._answer)
            visitor.left.connect(self._forget)
            self._visitors.append(visitor)

    def _answer(self, visitor: _Visitor, head: bytes) -> None:
        query = redirect_query(head, authority=self._authority, path=self._path)
        if query is None:
            visitor.say(render_response("404 Not Found", tr.language.tag, tr("landing.nothing")))
            return
        visitor.say(self._page())
        self.received.emit(query)

    def _forget(self, visitor: _Visitor) -> None:
        if visitor in self._visitors:
            self._visitors.remove(visitor)


class _Visitor(QObject):
    """One connection: one request, one answer, and not for long."""

    #: (this visitor, the head of its request)
    asked = Signal(object, bytes)
    left = Signal(object)

    def __init__(self, socket: QTcpSocket, parent: QObject) -> None:
        super().__init__(parent)
        self._socket, self._head, self._heard = socket, b"", False
        socket.setParent(self)
        socket.setReadBufferSize(MAX_HEAD)
        socket.readyRead.connect(self._read)
        socket.disconnected.connect(self._gone)
        self._limit = QTimer(self, singleShot=True, interval=_LIMIT_MS)
        self._limit.timeout.connect(self.leave)
        self._limit.start()

    def say(self, response: bytes) -> None:
        """Answer, and hang up once that was taken."""
        self._socket.write(response)
        self._socket.disconnectFromHost()

    def leave(self) -> None:
        """Hang up at once."""
        self._socket.abort()
        self._gone()

    def _read(self) -> None:
        data = bytes(self._socket.readAll().data())
        if self._heard:
            return
        self._head += data
        self._heard = END_OF_HEAD in self._head or len(self._head) > MAX_HEAD
        if self._heard:
            self.asked.emit(self, self._head[:MAX_HEAD])

    def _gone(self) -> None:
        self._limit.stop()
        self.left.emit(self)
        self.deleteLater()
