"""Whether the daemon is there: it is sought, and started where nobody answers."""

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
    """Keeps the store told of the link, and starts a daemon once for each time it is missed."""

    #: InvalidProfile: no daemon can be started with it, now or later
    hopeless = Signal(object)

    def __init__(
        self,
        store: Store,
        connection: DaemonConnection,
        start: Callable[[], None],
        clock: Callable[[], int],
    ) -> None:
        """``start`` starts a daemon and waits for it, off to the side; raises KeysteadError."""
        super().__init__()
        self._store, self._connection, self._clock = store, connection, clock
        self._may_start = True
        self._starter = BackgroundTask(start, self)
        self._starter.done.connect(self._started)
        self._starter.failed.connect(self._not_started)
        connection.state_changed.connect(self._link_changed)
        connection.activation_changed.connect(self._heard)

    def try_again(self) -> None:
        """Somebody asks for another attempt."""
        self._start()
        self._connection.seek_now()

    def _link_changed(self, state: ConnectionState, failures: int) -> None:
        up = state is ConnectionState.UP
        if up:
            self._may_start = True
            self._store.put(up=True, failures=0, start_problem=None)
            return
        self._store.put(up=False, failures=failures)
        if self._may_start:
            self._start()

    def _heard(self, view: ActivationView) -> None:
        self._store.look_at(view, self._clock())

    def _start(self) -> None:
        self._may_start = False
        if self._store.begin(Operation.START, start_problem=None):
            self._starter.begin()

    def _started(self) -> None:
        self._store.end(Operation.START)
        self._connection.seek_now()

    def _not_started(self, error: KeysteadError) -> None:
        if isinstance(error, InvalidProfile):
            self.hopeless.emit(error)
            return
        told = presentation.refusal(error, tr=tr)
        self._store.end(Operation.START, start_problem=Problem(told.sentence, told.remedy))
