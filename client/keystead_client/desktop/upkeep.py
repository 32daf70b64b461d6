"""What a person wants of the program itself: its checks, the bundle for support, the settings."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QApplication

from keystead.errors import KeysteadError
from keystead.local_api import Diagnostics, Settings, SettingsParams
from keystead_client.desktop import theme
from keystead_client.desktop.aside import Aside
from keystead_client.desktop.asking import Asking
from keystead_client.desktop.models.known import Detour, Doing, Notice
from keystead_client.desktop.models.words import WORDS
from keystead_client.desktop.speaking import Speaking


class Upkeep(QObject):
    def __init__(self, asking: Asking, save: Callable[[Path], Path], speaking: Speaking) -> None:
        """``save`` writes the bundle, off to the side; raises KeysteadError."""
        super().__init__()
        self._asking, self._store = asking, asking.store
        self._speaking = speaking
        self._saver = Aside(save, self)
        self._saver.done.connect(self._saved)
        self._saver.failed.connect(self._not_saved)

    def visit_diagnostics(self) -> None:
        """Go to the checks, and run them."""
        self._store.put(detour=Detour.DIAGNOSTICS, notice=None)
        self.run_checks()

    def run_checks(self) -> None:
        def done(found: Diagnostics) -> None:
            self._store.put(found=found, found_trouble=None)

        self._store.put(found_trouble=None)
        self._asking.ask(Doing.CHECKS, "diagnostics.get", done=done, trouble_in="found_trouble")

    def save_bundle(self, path: Path) -> None:
        if self._store.begin(Doing.BUNDLE, notice=None):
            self._saver.begin(path)

    def visit_settings(self) -> None:
        self._store.put(detour=Detour.SETTINGS, notice=None)
        self.read_settings()

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
        self._store.put(settings_trouble=None)
        params = SettingsParams(**{setting: value})
        self._asking.ask(
            Doing.SETTINGS, "settings.set", params, done=self._take, trouble_in="settings_trouble"
        )

    def _take(self, settings: Settings) -> None:
        self._store.put(settings=settings)
        application = QApplication.instance()
        if isinstance(application, QApplication):
            theme.choose(application, settings.appearance)
        self._speaking.choose(settings.language)

    def _saved(self, path: Path) -> None:
        notice = Notice("ok", WORDS("bundle.saved", name=path.name))
        self._store.end(Doing.BUNDLE, notice=notice)

    def _not_saved(self, error: KeysteadError) -> None:
        self._asking.failed(Doing.BUNDLE, error)
