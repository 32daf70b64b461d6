"""Calling back a program at each change of its license (specification §11.3, ``license.watch``)."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from keystead import local_api
from keystead.errors import KeysteadError
from keystead.local_client import LocalClient

if TYPE_CHECKING:
    from keystead.sdk import License

#: Seconds between two attempts to reach a daemon. The files are checked as often.
RETRY_S = 10.0
#: Seconds until the first attempt after a daemon hung up: one that is started again answers soon.
FIRST_RETRY_S = 0.25


class Watch:
    """A context manager that calls back at each change of a license (`License.watch`).

    The callback runs in a thread of the watch's own, named ``keystead-watch``, one call at a time;
    it is never called in the thread that opened the watch, and never again once the ``with`` block
    is left. Leaving waits for a call that is running, so a callback must not wait for the thread
    that leaves. It may leave the block itself.

    What a callback raises is logged by the logger ``keystead``, and the watch continues. It reads
    the license that it is given: several changes in a row may come as one call.

    A watch is entered once; each call of `License.watch` gives a new one. A process that is forked
    while it is open has none: it opens its own.
    """

    def __init__(
        self, license: License, socket_path: Path, callback: Callable[[License], object]
    ) -> None:
        self._license = license
        self._socket_path = socket_path
        self._callback = callback
        self._last = license.decision
        self._stopped = threading.Event()
        # Guards the client: one that connects after `__exit__` looked for it would never be closed.
        self._lock = threading.Lock()
        self._client: LocalClient | None = None
        self._thread = threading.Thread(target=self._run, name="keystead-watch", daemon=True)
        self._pid = os.getpid()
        self._pause_s = RETRY_S

    def __enter__(self) -> License:
        self._pid = os.getpid()
        self._thread.start()
        return self._license

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._pid != os.getpid():
            # A forked copy: the thread is not here, and the connection is the other process's.
            if self._client is not None:
                self._client.abandon()
            return
        with self._lock:
            self._stopped.set()
            if self._client is not None:
                self._client.close()
        # A callback may leave the ``with`` block itself; its thread ends after it returns.
        if threading.current_thread() is not self._thread:
            self._thread.join()

    def _run(self) -> None:
        while not self._stopped.is_set():
            self._pause_s = min(RETRY_S, self._pause_s * 2)
            with suppress(KeysteadError, OSError):
                self._follow_daemon()
            self._notify()
            self._stopped.wait(self._pause_s)

    def _follow_daemon(self) -> None:
        """Notify at each message of the daemon, until it ends or the watch is left."""
        with LocalClient(self._socket_path) as client:
            if not self._adopt(client):
                return
            self._receive(client.call("events.subscribe"))
            self._pause_s = min(RETRY_S, FIRST_RETRY_S)
            for message in client.notifications():
                if message.method == local_api.ACTIVATION_CHANGED:
                    self._receive(local_api.decode_as(message.params, local_api.ActivationView))

    def _adopt(self, client: LocalClient) -> bool:
        """Let `__exit__` close this client, unless it has run already."""
        with self._lock:
            self._client = client
            return not self._stopped.is_set()

    def _receive(self, view: local_api.ActivationView) -> None:
        self._license._receive(view)  # noqa: SLF001 - one subsystem
        self._notify()

    def _notify(self) -> None:
        decision = self._license.decision
        if decision == self._last or self._stopped.is_set():
            return
        self._last = decision
        try:
            self._callback(self._license)
        # The callback is the program's own: whatever it raises must not end the watch. `sys.exit`
        # in a thread would end only that, and silently.
        except (Exception, SystemExit):
            # Imported when needed: a program that does not log should not pay for it.
            import logging

            logging.getLogger("keystead").exception("The callback of license.watch failed.")
