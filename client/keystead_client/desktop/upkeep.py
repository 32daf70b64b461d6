"""What a person wants of the program itself: its checks, the bundle for support, the settings."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
from PySide6.QtCore import QObject
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication

from keystead.checks import LOOKS, Look
from keystead.local_api import Check, Settings, SettingsParams
from keystead_client.desktop import theme
from keystead_client.desktop.background_task import BackgroundTask
from keystead_client.desktop.check_runner import CheckRunner, Examination
from keystead_client.desktop.daemon_requests import DaemonRequests
from keystead_client.desktop.models.app_state import CheckRun, Destination, Notice, Operation
from keystead_client.desktop.models.catalog import tr
from keystead_client.desktop.qt_locale import ApplicationLocale


class Doctor(NamedTuple):
    """How diagnostics are made; each may wait, and raises KeysteadError.

    ``examine`` begins a round of looks, ``save`` writes the bundle to a path and returns it, and
    ``text`` is what the bundle holds.
    """

    examine: Callable[[], Examination]
    save: Callable[[Path], Path]
    text: Callable[[], str]
    looks: tuple[Look, ...] = LOOKS


class Upkeep(QObject):
    def __init__(
        self,
        requests: DaemonRequests,
        doctor: Doctor,
        app_locale: ApplicationLocale,
        at_login: Callable[[bool | None], bool],
    ) -> None:
        """``at_login``: whether the window starts at login, once that was made so (None asks).

        It may wait, and raises KeysteadError.
        """
        super().__init__()
        self._requests, self._store = requests, requests.store
        self._speaking = app_locale
        self._looking = CheckRunner(doctor.looks, doctor.examine, self)
        self._looking.begun.connect(lambda look: self._note(looking=look.name))
        self._looking.found.connect(self._hold)
        self._looking.ended.connect(self._looked)
        self._saver = BackgroundTask(doctor.save, self)
        self._saver.done.connect(self._saved)
        self._saver.failed.connect(lambda error: requests.failed(Operation.BUNDLE, error))
        self._copier = BackgroundTask(doctor.text, self)
        self._copier.done.connect(self._copied)
        self._copier.failed.connect(lambda error: requests.failed(Operation.DIAGNOSTICS, error))
        self._wishes: dict[str, Any] = {}
        self._login_wish: bool | None = None
        self._store.changed.connect(self._send_wishes)
        self._login = BackgroundTask(at_login, self)
        self._login.done.connect(lambda on: self._store.end(Operation.LOGIN, at_login=on))
        self._login.failed.connect(
            lambda error: requests.failed(Operation.LOGIN, error, "settings_problem")
        )

    def visit_diagnostics(self) -> None:
        """Go to the checks, and run them."""
        going = {"destination": Destination.DIAGNOSTICS, "notice": None}
        # In one change: what is shown twice is built twice, and held up the window for a frame.
        if self._store.begin(Operation.CHECKS, looks=CheckRun(), **going):
            self._looking.start()
        else:
            self._store.put(**going)

    def run_checks(self) -> None:
        """Look at one thing after another; what is known so far is forgotten."""
        if self._store.begin(Operation.CHECKS, looks=CheckRun()):
            self._looking.start()

    def stop_checks(self) -> None:
        """Leave it at what is known."""
        self._looking.stop()
        self._looked()

    def copy(self) -> None:
        """Put the diagnostics on the clipboard."""
        if self._store.begin(Operation.DIAGNOSTICS, notice=None):
            self._copier.begin()

    def save_bundle(self, path: Path) -> None:
        if self._store.begin(Operation.BUNDLE, notice=None):
            self._saver.begin(path)

    def visit_settings(self) -> None:
        self._store.put(destination=Destination.SETTINGS, notice=None)
        self.read_settings()
        self._ask_system(None)

    def read_settings(self, *, quietly: bool = False) -> None:
        """Ask what is chosen, and look like it; ``quietly`` where nobody went there."""
        self._store.put(settings_problem=None)
        self._requests.ask(
            Operation.SETTINGS,
            "settings.get",
            done=self._take,
            quietly=quietly,
            problem_field="settings_problem",
        )

    def change(self, setting: str, value: Any) -> None:
        """Choose something; it holds from now on."""
        self._wishes[setting] = value
        self._store.put(settings_problem=None)
        self._send_wishes()

    def start_at_login(self, wanted: bool) -> None:
        """Have the system start the window at login, or no more."""
        self._login_wish = wanted
        self._store.put(settings_problem=None)
        self._send_wishes()

    def _ask_system(self, wanted: bool | None) -> None:
        if self._store.begin(Operation.LOGIN):
            self._login.begin(wanted)

    def _send_wishes(self) -> None:
        """Have kept what was chosen, as soon as nothing else of its kind is under way."""
        in_progress = self._store.state.in_progress
        if self._wishes and Operation.SETTINGS not in in_progress:
            params, self._wishes = SettingsParams(**self._wishes), {}
            self._requests.ask(
                Operation.SETTINGS,
                "settings.set",
                params,
                done=self._take,
                problem_field="settings_problem",
            )
        if self._login_wish is not None and Operation.LOGIN not in in_progress:
            wanted, self._login_wish = self._login_wish, None
            self._ask_system(wanted)

    def _take(self, settings: Settings) -> None:
        self._store.put(settings=settings)
        application = QApplication.instance()
        if isinstance(application, QApplication):
            theme.choose(application, settings.appearance)
        self._speaking.choose(settings.language)

    def _note(self, **changes: Any) -> None:
        self._store.put(looks=msgspec.structs.replace(self._store.state.looks, **changes))

    def _hold(self, checks: tuple[Check, ...]) -> None:
        self._note(found=self._store.state.looks.found + checks)

    def _looked(self) -> None:
        self._note(looking=None)
        self._store.end(Operation.CHECKS)

    def _copied(self, text: str) -> None:
        QGuiApplication.clipboard().setText(text)
        self._store.end(Operation.DIAGNOSTICS, notice=Notice("ok", tr("copied.diagnostics")))

    def _saved(self, path: Path) -> None:
        notice = Notice("ok", tr("bundle.saved", name=path.name))
        self._store.end(Operation.BUNDLE, notice=notice)
