"""Keep the store informed of the daemon's connection, and start a daemon if none answers."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, Signal

from keystead.errors import InvalidProfile, KeysteadError
from keystead.local_api import ActivationView, DaemonInfo
from keystead_client import presentation
from keystead_client.desktop.background_task import BackgroundTask
from keystead_client.desktop.daemon_connection import ConnectionState, DaemonConnection
from keystead_client.desktop.models.app_state import Notice, Operation, Problem
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
        self._profile_digest: str | None = None
        #: Once is enough: a daemon that is another's again after that has to stay.
        self._replaced = False
        self._starter = BackgroundTask(start, self)
        self._starter.done.connect(self._started)
        self._starter.failed.connect(self._not_started)
        connection.state_changed.connect(self._connection_changed)
        connection.activation_changed.connect(self._activation_changed)

    def set_profile_digest(self, digest: str | None) -> None:
        """Tell which profile the daemon has to have."""
        self._profile_digest = digest
        self._ask_for_profile()

    def try_again(self) -> None:
        """Start a daemon and connect now, because the person asked for it."""
        self._start()
        self._connection.connect_now()

    def _connection_changed(self, state: ConnectionState, failures: int) -> None:
        if state is ConnectionState.CONNECTED:
            self._may_start = True
            self._store.put(connected=True, failures=0, start_problem=None)
            self._ask_for_profile()
            return
        self._store.put(connected=False, failures=failures)
        if self._may_start:
            self._start()

    def _activation_changed(self, view: ActivationView) -> None:
        self._store.set_view(view, self._clock())

    def _ask_for_profile(self) -> None:
        """Ask the daemon for its profile, as soon as there is one to compare it with."""
        if self._profile_digest is not None and self._store.state.connected:
            self._connection.call("daemon.info", done=self._compare_profiles, failed=_ignore)

    def _compare_profiles(self, info: DaemonInfo) -> None:
        """Have a daemon of another profile started again, or say that it has to stay."""
        assert self._profile_digest is not None  # noqa: S101 - asked for only then
        # Imported when it is needed: the window shows its first page without it.
        from keystead.profile_match import Match, judge, other_profile

        match = judge(info, self._profile_digest)
        if match is Match.REPLACE and not self._replaced:
            self._replaced = True
            self._start()
        elif match is not Match.SAME:
            text = presentation.error_text(other_profile(info.product_name), tr=tr)
            self._store.put(notice=Notice(presentation.ATTENTION, text.sentence, text.remedy))

    def _start(self) -> None:
        self._may_start = False
        if self._store.begin(Operation.START, start_problem=None):
            self._starter.begin()

    def _started(self) -> None:
        self._store.end(Operation.START)
        self._connection.connect_now()
        # Still connected: the daemon of another profile could not be replaced.
        self._ask_for_profile()

    def _not_started(self, error: KeysteadError) -> None:
        if isinstance(error, InvalidProfile):
            self.profile_invalid.emit(error)
            return
        text = presentation.error_text(error, tr=tr)
        self._store.end(Operation.START, start_problem=Problem(text.sentence, text.remedy))


def _ignore(error: KeysteadError) -> None:
    """Do nothing: a connection that is lost is opened again, and compared then."""
