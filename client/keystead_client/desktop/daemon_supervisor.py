"""Keep the store informed of the daemon's connection, and start a daemon if none answers."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, Signal

from keystead.errors import InvalidProfile, KeysteadError
from keystead.local_api import ActivationView
from keystead_client import presentation
from keystead_client.desktop.background_task import BackgroundTask
from keystead_client.desktop.daemon_connection import ConnectionState, DaemonConnection
from keystead_client.desktop.models.app_state import Operation, Problem
from keystead_client.desktop.models.catalog import tr
from keystead_client.desktop.store import Store


class DaemonSupervisor(QObject):
    """Starts a daemon once for each time that the connection is lost."""

    #: InvalidProfile: no daemon can run with this profile
    profile_invalid = Signal(object)

    def __init__(
        self,
        store: Store,
        connection: DaemonConnection,
        start: Callable[[], None],
        clock: Callable[[], int],
    ) -> None:
        """``start`` starts a daemon and waits for it, in the background; raises KeysteadError.

        ``clock`` returns the milliseconds since boot.
        """
        super().__init__()
        self._store, self._connection, self._clock = store, connection, clock
        self._may_start = True
        self._starter = BackgroundTask(start, self)
        self._starter.done.connect(self._started)
        self._starter.failed.connect(self._not_started)
        connection.state_changed.connect(self._connection_changed)
        connection.activation_changed.connect(self._activation_changed)

    def try_again(self) -> None:
        """Start a daemon and connect now, because the person asked for it."""
        self._start()
        self._connection.connect_now()

    def _connection_changed(self, state: ConnectionState, failures: int) -> None:
        if state is ConnectionState.CONNECTED:
            self._may_start = True
            self._store.put(connected=True, failures=0, start_problem=None)
            return
        self._store.put(connected=False, failures=failures)
        if self._may_start:
            self._start()

    def _activation_changed(self, view: ActivationView) -> None:
        self._store.set_view(view, self._clock())

    def _start(self) -> None:
        self._may_start = False
        if self._store.begin(Operation.START, start_problem=None):
            self._starter.begin()

    def _started(self) -> None:
        self._store.end(Operation.START)
        self._connection.connect_now()

    def _not_started(self, error: KeysteadError) -> None:
        if isinstance(error, InvalidProfile):
            self.profile_invalid.emit(error)
            return
        text = presentation.error_text(error, tr=tr)
        self._store.end(Operation.START, start_problem=Problem(text.sentence, text.remedy))
