"""Build what the window needs once it is on the screen, and connect it.

daemon connection → store → page router → pages
pages → intents → daemon requests → daemon connection
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import tzinfo
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from keystead.errors import KeysteadError
from keystead.machine import boot_ms
from keystead_client import presentation
from keystead_client.desktop.background_task import BackgroundTask
from keystead_client.desktop.daemon_connection import ConnectionState, DaemonConnection
from keystead_client.desktop.daemon_requests import DaemonRequests
from keystead_client.desktop.daemon_supervisor import DaemonSupervisor
from keystead_client.desktop.intents import Intents
from keystead_client.desktop.intents.diagnostics import Doctor
from keystead_client.desktop.loopback_return import LoopbackReturn
from keystead_client.desktop.models.catalog import tr
from keystead_client.desktop.models.deep_link import LaunchAction
from keystead_client.desktop.models.product_info import ProductInfo
from keystead_client.desktop.page_router import PageRouter
from keystead_client.desktop.pages.problem import ProblemPage
from keystead_client.desktop.qt_locale import ApplicationLocale
from keystead_client.desktop.store import Store
from keystead_client.desktop.window import MainWindow

if TYPE_CHECKING:
    from keystead_client.desktop.tray_controller import TrayController


class Controller(QObject):
    """A window with a daemon."""

    def __init__(
        self,
        window: MainWindow,
        address: str,
        *,
        start: Callable[[], None],
        load: Callable[[], ProductInfo],
        doctor: Doctor,
        opens_links: Callable[[], bool],
        at_login: Callable[[bool | None], bool],
        app_locale: ApplicationLocale,
        ui_state_path: Path | None = None,
        zone: tzinfo | None = None,
    ) -> None:
        """``address`` is that of the daemon's socket; the functions are `context_services`'.

        They may block and raise KeysteadError: ``start`` starts a daemon, ``load`` reads the
        profile, ``opens_links`` says whether ``keystead:`` links reach this window, ``at_login``
        is `SettingsIntents`'. Without ``ui_state_path`` there is no tray icon.
        """
        super().__init__(window)
        self._window = window
        self._store = Store()
        self._connection = DaemonConnection(address, self)
        self._loopback = LoopbackReturn(self._store, opens_links)
        self._loopback.returned.connect(self._returned_from_browser)
        requests = DaemonRequests(self._store, self._connection, self._loopback)
        self._intents = Intents(
            requests,
            window,
            doctor=doctor,
            app_locale=app_locale,
            at_login=at_login,
            clock=boot_ms,
        )
        self._supervisor = DaemonSupervisor(self._store, self._connection, start, boot_ms)
        self._router = PageRouter(
            window, self._store, self._intents, self._supervisor, clock=boot_ms, zone=zone
        )
        self._app_locale, self._zone, self._ui_state_path = app_locale, zone, ui_state_path
        app_locale.changed.connect(self._router.rebuild)
        self._tray: TrayController | None = None
        self._refresh_wanted = False
        self._connection.state_changed.connect(self._connection_changed)
        self._supervisor.profile_invalid.connect(self._show_problem)
        window.activated.connect(self._intents.window_activated)
        self._profile = BackgroundTask(load, self)
        self._profile.done.connect(self._profile_loaded)
        self._profile.failed.connect(self._show_problem)

    def run(self, action: LaunchAction) -> None:
        """Begin, or carry out another action."""
        if self._connection.state is ConnectionState.CLOSED:
            self._profile.begin()
            self._connection.open()
        if action is LaunchAction.REFRESH:
            self._refresh_wanted = True
            self._refresh_if_connected()

    def close(self) -> None:
        """Disconnect. From then on a change of language rebuilds nothing."""
        self._router.close()
        self._intents.diagnostics.stop_checks()
        self._connection.close()
        self._loopback.close()

    def _returned_from_browser(self) -> None:
        self._window.come_forward()
        self.run(LaunchAction.REFRESH)

    def _connection_changed(self, state: ConnectionState) -> None:
        self._refresh_if_connected()
        if state is ConnectionState.CONNECTED:
            # The settings hold the language and the appearance that the person chose.
            self._intents.settings.read(quietly=True)

    def _refresh_if_connected(self) -> None:
        if self._refresh_wanted and self._connection.state is ConnectionState.CONNECTED:
            self._refresh_wanted = False
            self._intents.activation.refresh_quietly()

    def _profile_loaded(self, product: ProductInfo) -> None:
        self._window.setWindowTitle(tr("window.title", product=product.product_name))
        self._router.set_support(product.support_email)
        self._supervisor.set_profile_digest(product.profile_digest)
        self._loopback.product = product.product_name
        self._loopback.detect()
        if self._ui_state_path is not None:
            self._add_tray(self._ui_state_path, product)
        self._router.show()

    def _add_tray(self, ui_state_path: Path, product: ProductInfo) -> None:
        from keystead_client.desktop.tray_controller import TrayController

        self._tray = TrayController(
            self._window,
            self._store,
            self._intents,
            self._supervisor,
            ui_state_path=ui_state_path,
            product=product,
            clock=boot_ms,
            zone=self._zone,
        )
        self._app_locale.changed.connect(self._tray.show)

    def _show_problem(self, error: KeysteadError) -> None:
        """Show that the profile is invalid: no daemon can run with it."""
        self.close()
        self._router.stop()
        self._window.show_page(ProblemPage(presentation.error_text(error, tr=tr)))
        if not self._window.isVisible():
            # It was started for the tray, where it cannot be without a product.
            self._window.showMinimized()
