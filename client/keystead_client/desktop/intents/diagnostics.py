"""Run the checks, and give support what they found: as a file or on the clipboard."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
from PySide6.QtCore import QObject
from PySide6.QtGui import QGuiApplication

from keystead.checks import CHECK_SPECS, CheckSpec
from keystead.local_api import Check
from keystead_client.desktop.background_task import BackgroundTask
from keystead_client.desktop.check_runner import CheckRunner, Examination
from keystead_client.desktop.daemon_requests import DaemonRequests
from keystead_client.desktop.models.app_state import CheckRun, Destination, Notice, Operation
from keystead_client.desktop.models.catalog import tr


class Doctor(NamedTuple):
    """How diagnostics are made. The functions may block, and raise KeysteadError.

    ``examine`` begins a run of the checks, ``save`` writes the bundle to a path and returns the
    path, ``text`` returns what the bundle holds.
    """

    examine: Callable[[], Examination]
    save: Callable[[Path], Path]
    text: Callable[[], str]
    specs: tuple[CheckSpec, ...] = CHECK_SPECS


class DiagnosticsIntents(QObject):
    def __init__(self, requests: DaemonRequests, doctor: Doctor) -> None:
        super().__init__()
        self._store = requests.store
        self._runner = CheckRunner(doctor.specs, doctor.examine, self)
        self._runner.started.connect(lambda spec: self._update_run(running=spec.name))
        self._runner.found.connect(self._add)
        self._runner.ended.connect(self._finish)
        self._saver = BackgroundTask(doctor.save, self)
        self._saver.done.connect(self._saved)
        self._saver.failed.connect(lambda error: requests.fail(Operation.BUNDLE, error))
        self._copier = BackgroundTask(doctor.text, self)
        self._copier.done.connect(self._copied)
        self._copier.failed.connect(lambda error: requests.fail(Operation.DIAGNOSTICS, error))

    def show(self) -> None:
        """Go to the checks and run them."""
        going = {"destination": Destination.DIAGNOSTICS, "notice": None}
        # One change instead of two: the screen would be built twice and delay a frame.
        if self._store.begin(Operation.CHECKS, check_run=CheckRun(), **going):
            self._runner.start()
        else:
            self._store.put(**going)

    def run_checks(self) -> None:
        """Run all checks again; earlier results are cleared."""
        if self._store.begin(Operation.CHECKS, check_run=CheckRun()):
            self._runner.start()

    def stop_checks(self) -> None:
        """Stop, and keep the results so far."""
        self._runner.stop()
        self._finish()

    def copy(self) -> None:
        """Put the diagnostics on the clipboard."""
        if self._store.begin(Operation.DIAGNOSTICS, notice=None):
            self._copier.begin()

    def save_bundle(self, path: Path) -> None:
        if self._store.begin(Operation.BUNDLE, notice=None):
            self._saver.begin(path)

    def _update_run(self, **changes: Any) -> None:
        self._store.put(check_run=msgspec.structs.replace(self._store.state.check_run, **changes))

    def _add(self, checks: tuple[Check, ...]) -> None:
        self._update_run(found=self._store.state.check_run.found + checks)

    def _finish(self) -> None:
        self._update_run(running=None)
        self._store.end(Operation.CHECKS)

    def _copied(self, text: str) -> None:
        QGuiApplication.clipboard().setText(text)
        self._store.end(Operation.DIAGNOSTICS, notice=Notice("ok", tr("copied.diagnostics")))

    def _saved(self, path: Path) -> None:
        notice = Notice("ok", tr("bundle.saved", name=path.name))
        self._store.end(Operation.BUNDLE, notice=notice)
