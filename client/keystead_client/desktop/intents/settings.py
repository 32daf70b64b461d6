"""Read and change the settings, and whether the system starts the window at login."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QApplication

from keystead.local_api import Settings, SettingsParams
from keystead_client.desktop import theme
from keystead_client.desktop.background_task import BackgroundTask
from keystead_client.desktop.daemon_requests import DaemonRequests
from keystead_client.desktop.models.app_state import Destination, Operation
from keystead_client.desktop.qt_locale import ApplicationLocale

_PROBLEM = "settings_problem"


class SettingsIntents(QObject):
    def __init__(
        self,
        requests: DaemonRequests,
        app_locale: ApplicationLocale,
        at_login: Callable[[bool | None], bool],
    ) -> None:
        """``at_login`` turns starting at login on or off (None only asks) and returns the state.

        It may block, and raises KeysteadError.
        """
        super().__init__()
        self._requests, self._store, self._app_locale = requests, requests.store, app_locale
        # Changes made while a request is under way are sent together when it ends.
        self._unsent: dict[str, Any] = {}
        self._unsent_login: bool | None = None
        self._store.changed.connect(self._send_changes)
        self._login = BackgroundTask(at_login, self)
        self._login.done.connect(lambda on: self._store.end(Operation.LOGIN, at_login=on))
        self._login.failed.connect(lambda error: requests.fail(Operation.LOGIN, error, _PROBLEM))

    def show(self) -> None:
        """Go to the settings and read them."""
        self._store.put(destination=Destination.SETTINGS, notice=None)
        self.read()
        self._set_at_login(None)

    def read(self, *, quietly: bool = False) -> None:
        """Read the settings and apply them; ``quietly`` hides a failure."""
        self._store.put(settings_problem=None)
        self._requests.send(
            Operation.SETTINGS,
            "settings.get",
            done=self._apply,
            quietly=quietly,
            problem_field=_PROBLEM,
        )

    def change(self, setting: str, value: Any) -> None:
        """Change one setting, named as in `SettingsParams`."""
        self._unsent[setting] = value
        self._store.put(settings_problem=None)
        self._send_changes()

    def start_at_login(self, wanted: bool) -> None:
        """Have the system start the window at login, or not."""
        self._unsent_login = wanted
        self._store.put(settings_problem=None)
        self._send_changes()

    def _set_at_login(self, wanted: bool | None) -> None:
        if self._store.begin(Operation.LOGIN):
            self._login.begin(wanted)

    def _send_changes(self) -> None:
        in_progress = self._store.state.in_progress
        if self._unsent and Operation.SETTINGS not in in_progress:
            params, self._unsent = SettingsParams(**self._unsent), {}
            self._requests.send(
                Operation.SETTINGS, "settings.set", params, done=self._apply, problem_field=_PROBLEM
            )
        if self._unsent_login is not None and Operation.LOGIN not in in_progress:
            wanted, self._unsent_login = self._unsent_login, None
            self._set_at_login(wanted)

    def _apply(self, settings: Settings) -> None:
        self._store.put(settings=settings)
        application = QApplication.instance()
        if isinstance(application, QApplication):
            theme.choose(application, settings.appearance)
        self._app_locale.choose(settings.language)
