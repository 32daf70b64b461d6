"""A recording relay in front of a daemon's local socket."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from keystead.paths import paths_of
from support.world import PRODUCT, Device


class RecordingRelay:
    """A relay that listens at the daemon's path and forwards and records both directions."""

    def __init__(self, path: Path, daemon: Path) -> None:
        self._daemon = daemon
        self._crossed: list[bytes] = []
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._listener.bind(str(path))
        self._listener.listen()
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()

    @property
    def crossed(self) -> bytes:
        """Return all bytes of both directions in order of arrival."""
        return b"".join(self._crossed)

    def close(self) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for thread in self._threads:
            thread.join(10)

    def _accept(self) -> None:
        while True:
            try:
                caller, _ = self._listener.accept()
            except OSError:
                return
            answerer = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            answerer.connect(str(self._daemon))
            for ends in ((caller, answerer), (answerer, caller)):
                thread = threading.Thread(target=self._pass_on, args=ends, daemon=True)
                self._threads.append(thread)
                thread.start()

    def _pass_on(self, source: socket.socket, target: socket.socket) -> None:
        with source, suppress(OSError):
            while received := source.recv(65536):
                self._crossed.append(received)
                target.sendall(received)
            target.shutdown(socket.SHUT_WR)


@contextmanager
def recording_relay(device: Device, home: Path) -> Iterator[RecordingRelay]:
    """Record all traffic of the device's commands with its daemon within the block.

    The commands get the home ``home``, with the same files and a socket of its own: the daemon
    would bind its own socket again if that were moved.
    """
    theirs, ours = device.paths, paths_of(PRODUCT, home)
    ours.runtime.mkdir(mode=0o700, parents=True)
    for there, here in (
        (theirs.state, ours.state),
        (theirs.config, ours.config),
        (theirs.logs, ours.logs),
    ):
        here.symlink_to(there)
    tap = RecordingRelay(ours.socket, theirs.socket)
    before = device.environ["KEYSTEAD_HOME"]
    device.environ["KEYSTEAD_HOME"] = str(home)
    try:
        yield tap
    finally:
        device.environ["KEYSTEAD_HOME"] = before
        tap.close()
