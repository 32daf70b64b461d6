"""Refresh the activation, join the account's, or import a license."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject

from keystead.bootstrap import decode_text
from keystead.errors import InvalidInput
from keystead.license_file import MAX_FILE_BYTES, MAX_TEXT_CHARACTERS, license_in
from keystead.local_api import ActivationView, ImportParams
from keystead_client.desktop.background_task import BackgroundTask
from keystead_client.desktop.daemon_requests import DaemonRequests
from keystead_client.desktop.models.app_state import Destination, Notice, Operation
from keystead_client.desktop.models.catalog import tr


class ActivationIntents(QObject):
    def __init__(self, requests: DaemonRequests, clock: Callable[[], int]) -> None:
        """``clock`` returns the milliseconds since boot."""
        super().__init__()
        self._requests, self._store, self._clock = requests, requests.store, clock
        self._reader = BackgroundTask(read_license_file, self)
        self._reader.done.connect(self._import_text)
        self._reader.failed.connect(lambda error: requests.fail(Operation.IMPORT, error))

    def refresh(self) -> None:
        self._refresh(quietly=False)

    def refresh_quietly(self) -> None:
        """Refresh without a message on failure: nobody pressed anything."""
        self._refresh(quietly=True)

    def join(self) -> None:
        """Use this device with what the account has paid for."""
        self._requests.send(Operation.JOIN, "activation.join", done=self._show_view)

    def import_file(self, path: Path) -> None:
        """Import a license file that was chosen."""
        if self._store.begin(Operation.IMPORT, notice=None):
            self._reader.begin(path)

    def import_text(self, document: str) -> None:
        """Import an activation code that was typed, or the text of a license."""
        self._send_import(document, "offline.done")

    def _refresh(self, *, quietly: bool) -> None:
        self._requests.send(
            Operation.REFRESH, "activation.refresh", done=self._show_view, quietly=quietly
        )

    def _import_text(self, document: str) -> None:
        self._store.end(Operation.IMPORT)
        self._send_import(document, "import.done")

    def _send_import(self, document: str, done_message: str) -> None:
        def done(view: ActivationView) -> None:
            self._show_view(view)
            notice = Notice("ok", tr(done_message))
            self._store.put(destination=Destination.NONE, notice=notice)

        params = ImportParams(document=license_in(document))
        self._requests.send(Operation.IMPORT, "activation.import", params, done=done)

    def _show_view(self, view: ActivationView) -> None:
        self._store.set_view(view, self._clock())


def read_license_file(path: Path) -> str:
    """Read the text of a license file. Raises InvalidInput."""
    try:
        with path.open("rb") as file:
            data = file.read(MAX_FILE_BYTES + 1)
        text = license_in(decode_text(data))
    except (OSError, UnicodeDecodeError):
        raise InvalidInput("The file cannot be read.", code="file_unreadable") from None
    if len(data) > MAX_FILE_BYTES or len(text) > MAX_TEXT_CHARACTERS:
        raise InvalidInput("The file is too large.", code="file_too_large")
    if not text:
        raise InvalidInput("The file is empty.", code="file_unreadable")
    return text
