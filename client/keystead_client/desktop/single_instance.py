"""One window a home: the first start holds a lock and listens, a later one hands over and ends.

The lock decides who is first, also when two start at once and when the last one crashed; the
socket only carries the errand, one word of `LaunchAction`.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QLockFile, QObject, QTimer, Signal

from keystead.files import require_private_folder
from keystead_client.desktop.models.deep_link import LONGEST, LaunchAction, heard

if TYPE_CHECKING:
    from keystead_client.desktop.pipes import Listener, Pipe

#: Milliseconds between attempts to reach a first start that is not listening yet, and how many.
_PAUSE_MS = 100
_ATTEMPTS = 30
#: Milliseconds in which a later start has to have said its word.
_LIMIT_MS = 5_000
#: Visitors that are heard at a time; one more, and the first has had its chance.
_MOST = 8


class SingleInstance(QObject):
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
        self._listener: Listener | None = None
        self._visitors: list[_Visitor] = []

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
        from keystead_client.desktop.pipes import Listener

        self._listener = Listener(self)
        self._listener.accepted.connect(self._visited)
        self._listener.listen(self._address)

    def close(self) -> None:
        """Hear nobody any more."""
        if self._listener is not None:
            self._listener.close()
        for visitor in tuple(self._visitors):
            visitor.turn_out()

    def hand_over(self, launch_action: LaunchAction) -> None:
        """Give the errand to the first start; `handed_over` follows."""
        from keystead_client.desktop.pipes import Pipe

        self._errand = launch_action
        self._pipe = Pipe(self)
        self._pipe.connected.connect(self._say)
        self._pipe.ended.connect(self._hung_up)
        self._knock()

    def _knock(self) -> None:
        self._attempts += 1
        self._pipe.connect_to(self._address)

    def _say(self) -> None:
        self._said = True
        self._pipe.write(self._errand.value.encode())
        self._pipe.finish()

    def _hung_up(self) -> None:
        if self._said:
            self.handed_over.emit(True)
        elif self._attempts < _ATTEMPTS:
            QTimer.singleShot(_PAUSE_MS, self, self._knock)
        else:
            self.handed_over.emit(False)

    def _visited(self, pipe: Pipe) -> None:
        visitor = _Visitor(pipe, self)
        visitor.left.connect(self._left)
        self._visitors.append(visitor)
        if len(self._visitors) > _MOST:
            self._visitors[0].turn_out()

    def _left(self, visitor: _Visitor) -> None:
        self._visitors.remove(visitor)
        visitor.deleteLater()
        if (launch_action := heard(visitor.said)) is not None:
            self.asked.emit(launch_action)


class _Visitor(QObject):
    """Somebody who says one word and hangs up, and else is none of us."""

    #: this visitor, once it has said all that counts
    left = Signal(object)

    def __init__(self, pipe: Pipe, parent: QObject) -> None:
        super().__init__(parent)
        self.said = b""
        self._pipe = pipe
        pipe.setParent(self)
        pipe.received.connect(self._hear)
        pipe.ended.connect(self._leave)
        self._limit = QTimer(self, singleShot=True, interval=_LIMIT_MS)
        self._limit.timeout.connect(self.turn_out)
        self._limit.start()

    def turn_out(self) -> None:
        """Hang up, whatever was said."""
        self.said = b""
        self._pipe.hang_up()
        self._leave()

    def _hear(self, data: bytes) -> None:
        self.said += data
        if len(self.said) > LONGEST:
            self.turn_out()

    def _leave(self) -> None:
        self._limit.stop()
        self.left.emit(self)


def _is_ours(folder: Path) -> bool:
    """Make the folder where it is missing; whether it is there, and this user's alone."""
    try:
        require_private_folder(folder)
    except OSError:
        return False
    return True
