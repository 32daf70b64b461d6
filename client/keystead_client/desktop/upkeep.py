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
from keystead_client.desktop.background_task import Aside
from keystead_client.desktop.check_runner import Examination, Looking
from keystead_client.desktop.daemon_requests import Asking
from keystead_client.desktop.models.app_state import Detour, Doing, Notice, Round
from keystead_client.desktop.models.catalog import WORDS
from keystead_client.desktop.qt_locale import Speaking


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
        asking: Asking,
        doctor: Doctor,
        speaking: Speaking,
        at_login: Callable[[bool | None], bool],
    ) -> None:
        """``at_login``: whether the window starts at login, once that was made so (None asks).

        It may wait, and raises KeysteadError.
        """
        super().__init__()
        self._asking, self._store = asking, asking.store
        self._speaking = speaking
        self._looking = Looking(doctor.looks, doctor.examine, self)
        self._looking.begun.connect(lambda look: self._note(looking=look.name))
        self._looking.found.connect(self._hold)
        self._looking.ended.connect(self._looked)
        self._saver = Aside(doctor.save, self)
        self._saver.done.connect(self._saved)
        self._saver.failed.connect(lambda error: asking.failed(Doing.BUNDLE, error))
        self._copier = Aside(doctor.text, self)
        self._copier.done.connect(self._copied)
        self._copier.failed.connect(lambda error: asking.failed(Doing.DIAGNOSTICS, error))
        self._wishes: dict[str, Any] = {}
        self._login_wish: bool | None = None
        self._store.changed.connect(self._send_wishes)
        self._login = Aside(at_login, self)
        self._login.done.connect(lambda on: self._store.end(Doing.LOGIN, at_login=on))
        self._login.failed.connect(
            lambda error: asking.failed(Doing.LOGIN, error, "settings_trouble")
        )

    def visit_diagnostics(self) -> None:
        """Go to the checks, and run them."""
        going = {"detour": Detour.DIAGNOSTICS, "notice": None}
        # In one change: what is shown twice is built twice, and held up the window for a frame.
        if self._store.begin(Doing.CHECKS, looks=Round(), **going):
            self._looking.start()
        else:
            self._store.put(**going)

    def run_checks(self) -> None:
        """Look at one thing after another; what is known so far is forgotten."""
        if self._store.begin(Doing.CHECKS, looks=Round()):
            self._looking.start()

    def stop_checks(self) -> None:
        """Leave it at what is known."""
        self._looking.stop()
        self._looked()

    def copy(self) -> None:
        """Put the diagnostics on the clipboard."""
        if self._store.begin(Doing.DIAGNOSTICS, notice=None):
            self._copier.begin()

    def save_bundle(self, path: Path) -> None:
        if self._store.begin(Doing.BUNDLE, notice=None):
            self._saver.begin(path)

    def visit_settings(self) -> None:
        self._store.put(detour=Detour.SETTINGS, notice=None)
        self.read_settings()
        self._ask_system(None)

    def read_settings(self, *, quietly: bool = False) -> None:
        """Ask what is chosen, and look like it; ``quietly`` where nobody went there."""
        self._store.put(settings_trouble=None)
        self._asking.ask(
            Doing.SETTINGS,
            "settings.get",
            done=self._take,
            quietly=quietly,
            trouble_in="settings_trouble",
        )

    def change(self, setting: str, value: Any) -> None:
        """Choose something; it holds from now on."""
        self._wishes[setting] = value
        self._store.put(settings_trouble=None)
        self._send_wishes()

    def start_at_login(self, wanted: bool) -> None:
        """Have the system start the window at login, or no more."""
        self._login_wish = wanted
        self._store.put(settings_trouble=None)
        self._send_wishes()

    def _ask_system(self, wanted: bool | None) -> None:
        if self._store.begin(Doing.LOGIN):
            self._login.begin(wanted)

    def _send_wishes(self) -> None:
        """Have kept what was chosen, as soon as nothing else of its kind is under way."""
        doing = self._store.known.doing
        if self._wishes and Doing.SETTINGS not in doing:
            params, self._wishes = SettingsParams(**self._wishes), {}
            self._asking.ask(
                Doing.SETTINGS,
                "settings.set",
                params,
                done=self._take,
                trouble_in="settings_trouble",
            )
        if self._login_wish is not None and Doing.LOGIN not in doing:
            wanted, self._login_wish = self._login_wish, None
            self._ask_system(wanted)

    def _take(self, settings: Settings) -> None:
        self._store.put(settings=settings)
        application = QApplication.instance()
        if isinstance(application, QApplication):
            theme.choose(application, settings.appearance)
        self._speaking.choose(settings.language)

    def _note(self, **changes: Any) -> None:
        self._store.put(looks=msgspec.structs.replace(self._store.known.looks, **changes))

    def _hold(self, checks: tuple[Check, ...]) -> None:
        self._note(found=self._store.known.looks.found + checks)

    def _looked(self) -> None:
        self._note(looking=None)
        self._store.end(Doing.CHECKS)

    def _copied(self, text: str) -> None:
        QGuiApplication.clipboard().setText(text)
        self._store.end(Doing.DIAGNOSTICS, notice=Notice("ok", WORDS("copied.diagnostics")))

    def _saved(self, path: Path) -> None:
        notice = Notice("ok", WORDS("bundle.saved", name=path.name))
        self._store.end(Doing.BUNDLE, notice=notice)
