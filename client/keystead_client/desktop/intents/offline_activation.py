"""Make the activation request of a computer without a network, as a link or a file."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject

from keystead.files import replace_atomically
from keystead.local_api import RequestFile
from keystead_client.desktop.background_task import BackgroundTask
from keystead_client.desktop.daemon_requests import DaemonRequests
from keystead_client.desktop.models.app_state import Destination, Notice, Operation
from keystead_client.desktop.models.catalog import tr


class OfflineActivationIntents(QObject):
    def __init__(self, requests: DaemonRequests) -> None:
        super().__init__()
        self._requests, self._store = requests, requests.store
        self._saver = BackgroundTask(self._write, self)
        self._saver.done.connect(self._saved)
        self._saver.failed.connect(lambda error: requests.fail(Operation.REQUEST_FILE, error))

    def show(self) -> None:
        """Go to the screen and fetch the request."""
        self._store.put(destination=Destination.OFFLINE, notice=None)
        self.fetch_request()

    def fetch_request(self) -> None:
        """Fetch the request from the daemon, which returns an open one unchanged."""

        def done(answer: RequestFile) -> None:
            self._store.put(request=answer, request_problem=None)

        self._store.put(request_problem=None)
        self._requests.send(
            Operation.REQUEST, "activation.request", done=done, problem_field="request_problem"
        )

    def save(self, path: Path) -> None:
        """Write the request to a file that was chosen."""
        if self._store.begin(Operation.REQUEST_FILE, notice=None):
            self._saver.begin(path)

    def _write(self, path: Path) -> Path:
        request = self._store.state.request
        if request is not None:
            replace_atomically(path, f"{request.request}\n".encode())
        return path

    def _saved(self, path: Path) -> None:
        request = self._store.state.request
        page = request.link.partition("?")[0] if request else ""
        notice = Notice("ok", tr("offline.saved", name=path.name, page=page))
        self._store.end(Operation.REQUEST_FILE, notice=notice)
