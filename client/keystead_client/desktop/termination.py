"""Quit on SIGTERM, SIGINT and SIGHUP, as at the end of a session.

Python runs its signal handlers between two instructions of Python, and Qt's event loop runs none
for hours. So each signal also writes a byte to a socket, which the event loop watches.
"""

from __future__ import annotations

import signal
import socket

from PySide6.QtCore import QCoreApplication, QObject, QSocketNotifier

_SIGNALS = ("SIGTERM", "SIGINT", "SIGHUP")


class Termination(QObject):
    """Ends the application with exit code 0 at a signal, until `close`."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._received, self._written = socket.socketpair()
        for end in (self._received, self._written):
            end.setblocking(False)
        signal.set_wakeup_fd(self._written.fileno(), warn_on_full_buffer=False)
        for name in _SIGNALS:
            if hasattr(signal, name):
                # A handler of Python must be set, or the wakeup descriptor gets no byte.
                signal.signal(getattr(signal, name), lambda *_: None)
        kinds = QSocketNotifier.Type
        self._notifier = QSocketNotifier(self._received.fileno(), kinds.Read, self)
        # `quit` would ask the window, which hides in the tray and stays.
        self._notifier.activated.connect(lambda *_: QCoreApplication.exit(0))

    def close(self) -> None:
        """Let the next signal end the process at once: the program is ending already."""
        self._notifier.setEnabled(False)
        signal.set_wakeup_fd(-1)
        for name in _SIGNALS:
            if hasattr(signal, name):
                signal.signal(getattr(signal, name), signal.SIG_DFL)
        self._received.close()
        self._written.close()
