"""Allow one window a home: the first start holds a lock and listens; a later one hands over.

The lock decides which start is the first, also when two start at once and after a crash. The socket
carries only a `LaunchAction`.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QLockFile, QObject, QTimer, Signal

from keystead.contract import WINDOW_SOCKET_NAME
from keystead.files import require_private_folder
from keystead_client.desktop.models.deep_link import MAX_BYTES, LaunchAction, decode_action

if TYPE_CHECKING:
    from keystead_client.desktop.pipes import Listener, Pipe

#: Milliseconds between attempts to reach a first start that does not listen yet, and how many.
_PAUSE_MS = 100
_ATTEMPTS = 30
#: Milliseconds within which a later start must have sent its action.
_LIMIT_MS = 5_000
#: Clients at a time; one more, and the oldest is disconnected.
_MAX_CLIENTS = 8


class SingleInstance(QObject):
    """This start among those of the same home."""

    #: LaunchAction: a later start asked for it
    requested = Signal(object)
    #: bool: whether the first start took the action
    handed_over = Signal(bool)

    def __init__(self, folder: Path, parent: QObject | None = None) -> None:
        """``folder`` belongs to this user and home alone; it is created if it is missing."""
        super().__init__(parent)
        self._private = _is_private(folder)
        self._address = str(folder / WINDOW_SOCKET_NAME)
        self._lock = QLockFile(str(folder / "desktop.lock"))
        # By default Qt ignores a lock after 30 s; only the end of its process releases ours.
        self._lock.setStaleLockTime(0)
        self._attempts = 0
        self._sent = False
        self._listener: Listener | None = None
        self._clients: list[_Client] = []

    def claim(self) -> bool:
        """Become the first start; return False if another one already is.

        Without a private folder every start is the first. A second window is better than none, and
        than a lock and a socket that another user controls.
        """
        return not self._private or self._lock.tryLock(0)

    def listen(self) -> None:
        """Accept later starts. They retry for a while, so the window may be painted first."""
        if not self._private:
            return
        from keystead_client.desktop.pipes import Listener

        self._listener = Listener(self)
        self._listener.accepted.connect(self._accept)
        self._listener.listen(self._address)

    def close(self) -> None:
        """Stop listening and disconnect all clients."""
        if self._listener is not None:
            self._listener.close()
        for client in tuple(self._clients):
            client.disconnect_now()

    def hand_over(self, action: LaunchAction) -> None:
        """Send the action to the first start; `handed_over` follows."""
        from keystead_client.desktop.pipes import Pipe

        self._action = action
        self._pipe = Pipe(self)
        self._pipe.connected.connect(self._send)
        self._pipe.ended.connect(self._pipe_ended)
        self._connect()

    def _connect(self) -> None:
        self._attempts += 1
        self._pipe.connect_to(self._address)

    def _send(self) -> None:
        self._sent = True
        self._pipe.write(self._action.value.encode())
        self._pipe.finish()

    def _pipe_ended(self) -> None:
        if self._sent:
            self.handed_over.emit(True)
        elif self._attempts < _ATTEMPTS:
            QTimer.singleShot(_PAUSE_MS, self, self._connect)
        else:
            self.handed_over.emit(False)

    def _accept(self, pipe: Pipe) -> None:
        client = _Client(pipe, self)
        client.ended.connect(self._client_ended)
        self._clients.append(client)
        if len(self._clients) > _MAX_CLIENTS:
            self._clients[0].disconnect_now()

    def _client_ended(self, client: _Client) -> None:
        self._clients.remove(client)
        client.deleteLater()
        if (action := decode_action(client.received)) is not None:
            self.requested.emit(action)


class _Client(QObject):
    """A connection on which a later start sends one action and disconnects."""

    #: this client, when its connection has ended
    ended = Signal(object)

    def __init__(self, pipe: Pipe, parent: QObject) -> None:
        super().__init__(parent)
        self.received = b""
        self._pipe = pipe
        pipe.setParent(self)
        pipe.received.connect(self._receive)
        pipe.ended.connect(self._end)
        self._limit = QTimer(self, singleShot=True, interval=_LIMIT_MS)
        self._limit.timeout.connect(self.disconnect_now)
        self._limit.start()

    def disconnect_now(self) -> None:
        """Disconnect and discard what was received."""
        self.received = b""
        self._pipe.disconnect_now()
        self._end()

    def _receive(self, data: bytes) -> None:
        self.received += data
        if len(self.received) > MAX_BYTES:
            self.disconnect_now()

    def _end(self) -> None:
        self._limit.stop()
        self.ended.emit(self)


def _is_private(folder: Path) -> bool:
    """Create the folder if it is missing; return whether only this user can use it."""
    try:
        require_private_folder(folder)
    except OSError:
        return False
    return True
