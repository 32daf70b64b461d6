"""Pushed changes for a program that watches its license (contract §6, ``license.watch``)."""

from __future__ import annotations

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

#: Seconds after which a daemon that went away, or was never there, is sought again; until then
#: the license looks at its files.
RETRY_S = 10.0


class Watch:
    """Calls back at each change of a license while it is entered.

    The callback runs in a thread of its own, one call at a time. What it raises ends the watch and
    is raised again when the ``with`` block is left.
    """

    def __init__(
        self, license: License, socket_path: Path, callback: Callable[[License], None]
    ) -> None:
        self._license = license
        self._socket_path = socket_path
        self._callback = callback
        self._shown = self._now()
        self._ended = threading.Event()
        self._client: LocalClient | None = None
        self._failure: Exception | None = None
        self._thread = threading.Thread(target=self._run, name="keystead-watch", daemon=True)

    def __enter__(self) -> License:
        self._thread.start()
        return self._license

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._ended.set()
        if self._client is not None:
            self._client.close()
        if threading.current_thread() is not self._thread:
            self._thread.join()
        if self._failure is not None and error is None:
            raise self._failure

    def _run(self) -> None:
        try:
            while not self._ended.is_set():
                with suppress(KeysteadError, OSError):
                    self._follow_daemon()
                self._tell()
                self._ended.wait(self._pause_s())
        # Whatever the program's own callback raises belongs to the program, on its own thread.
        except Exception as failure:  # noqa: BLE001
            self._failure = failure

    def _follow_daemon(self) -> None:
        with LocalClient(self._socket_path) as client:
            self._client = client
            self._license._hear(client.call("events.subscribe"))  # noqa: SLF001 - one subsystem
            self._tell()
            for message in client.notifications():
                if message.method == local_api.ACTIVATION_CHANGED:
                    view = local_api.decode_as(message.params, local_api.ActivationView)
                    self._license._hear(view)  # noqa: SLF001
                    self._tell()

    def _tell(self) -> None:
        now = self._now()
        if now != self._shown and not self._ended.is_set():
            self._shown = now
            self._callback(self._license)

    def _now(self) -> tuple[object, ...]:
        license = self._license
        return (license.state, license.until, license.reason, license.entitlement)

    def _pause_s(self) -> float:
        return RETRY_S
