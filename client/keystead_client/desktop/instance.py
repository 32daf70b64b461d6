"""One window a home: the first start holds a lock and listens, a later one hands over and ends.

The lock decides who is first, also when two start at once and when the last one crashed; the
socket only carries the errand, one word of `Errand`.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QLockFile, QObject, QTimer, Signal

from keystead.files import own_folder
from keystead_client.desktop.models.deep_link import LONGEST, Errand, heard

if TYPE_CHECKING:
    from PySide6.QtNetwork import QLocalSocket

#: Milliseconds between attempts to reach a first start that is not listening yet, and how many.
_PAUSE_MS = 100
_ATTEMPTS = 30


class Instance(QObject):
    """This start among those of the same home."""

    #: Errand: a later start asked for it
    asked = Signal(object)
    #: bool: whether the first start took the errand
    handed_over = Signal(bool)

    def __init__(self, folder: Path, parent: QObject | None = None) -> None:
        """``folder``: one of this user and home alone; it is made where it is missing."""
        super().__init__(parent)
        self._ours = _is_ours(folder)
        self._address = str(folder / "desktop.sock")
        self._lock = QLockFile(str(folder / "desktop.lock"))
        # It never goes stale by age, only when the process that holds it is gone.
        self._lock.setStaleLockTime(0)
        self._attempts = 0
        self._said = False
        self._visitors: list[QLocalSocket] = []

    def claim(self) -> bool:
        """Be the first; False where another already is.

        In a folder that cannot be had, or is somebody else's, everyone is the first: a window that
        no later start finds is better than none, and than one that a stranger answers for.
        """
        return not self._ours or self._lock.tryLock(0)

    def listen(self) -> None:
        """Hear the later starts, which knock for a while: there may be a picture first."""
        if not self._ours:
            return
        from PySide6.QtNetwork import QLocalServer

        QLocalServer.removeServer(self._address)
        self._server = QLocalServer(self)
        self._server.setSocketOptions(QLocalServer.SocketOption.UserAccessOption)
        self._server.newConnection.connect(self._visited)
        self._server.listen(self._address)

    def hand_over(self, errand: Errand) -> None:
        """Give the errand to the first start; `handed_over` follows."""
        from PySide6.QtNetwork import QLocalSocket

        self._errand = errand
        self._socket = QLocalSocket(self)
        self._socket.connected.connect(self._say)
        self._socket.errorOccurred.connect(self._not_there)
        self._knock()

    def _knock(self) -> None:
        self._attempts += 1
        self._socket.connectToServer(self._address)

    def _say(self) -> None:
        self._said = True
        self._socket.disconnected.connect(lambda: self.handed_over.emit(True))
        self._socket.write(self._errand.value.encode())
        self._socket.disconnectFromServer()

    def _not_there(self) -> None:
        if self._said:
            return
        if self._attempts < _ATTEMPTS:
            QTimer.singleShot(_PAUSE_MS, self, self._knock)
        else:
            self.handed_over.emit(False)

    def _visited(self) -> None:
        while (visitor := self._server.nextPendingConnection()) is not None:
            visitor.setReadBufferSize(LONGEST + 1)
            visitor.disconnected.connect(self._left)
            self._visitors.append(visitor)

    def _left(self) -> None:
        from PySide6.QtNetwork import QLocalSocket

        unconnected = QLocalSocket.LocalSocketState.UnconnectedState
        gone = [one for one in self._visitors if one.state() is unconnected]
        self._visitors = [one for one in self._visitors if one not in gone]
        for visitor in gone:
            errand = heard(bytes(visitor.readAll().data()))
            visitor.deleteLater()
            if errand is not None:
                self.asked.emit(errand)


def _is_ours(folder: Path) -> bool:
    """Make the folder where it is missing; whether it is there, and this user's alone."""
    try:
        own_folder(folder)
    except OSError:
        return False
    return True
