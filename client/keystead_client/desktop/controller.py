"""What is behind the window once it is to be seen: built here, connected here, decided elsewhere.

link → store → screens → pages
pages → commands → link
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import tzinfo
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from keystead.errors import KeysteadError
from keystead.machine import boot_ms
from keystead_client import presentation, profile_lookup
from keystead_client.context import Context
from keystead_client.desktop.account import Account
from keystead_client.desktop.background_task import BackgroundTask
from keystead_client.desktop.check_runner import Examination
from keystead_client.desktop.commands import Commands
from keystead_client.desktop.daemon_connection import ConnectionState, DaemonConnection
from keystead_client.desktop.daemon_requests import DaemonRequests
from keystead_client.desktop.daemon_supervisor import DaemonSupervisor
from keystead_client.desktop.loopback_return import LoopbackReturn
from keystead_client.desktop.models.catalog import tr
from keystead_client.desktop.models.deep_link import LaunchAction
from keystead_client.desktop.models.product_info import ProductInfo
from keystead_client.desktop.offline import Offline
from keystead_client.desktop.pages.problem import ProblemPage
from keystead_client.desktop.places import Places
from keystead_client.desktop.qt_locale import ApplicationLocale
from keystead_client.desktop.screens import Screens
from keystead_client.desktop.store import Store
from keystead_client.desktop.upkeep import Doctor, Upkeep
from keystead_client.desktop.window import MainWindow

if TYPE_CHECKING:
    from keystead_client.desktop.tray_controller import TrayController


class Controller(QObject):
    """A window with a daemon to talk to."""

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
        """``address``: of the daemon's socket.

        ``start`` (a daemon) and ``load`` (of the profile) may wait, and raise KeysteadError; so may
        ``opens_links`` (whether ``keystead:`` leads here) and ``at_login``, which is `Upkeep`'s.
        ``ui_state_path`` is `Paths.told_file`; without one it is a window only, and in no tray.
        """
        super().__init__(window)
        self._window = window
        self._store = Store()
        self._connection = DaemonConnection(address, self)
        self._loopback = LoopbackReturn(self._store, opens_links)
        self._loopback.taken.connect(self._came_back)
        requests = DaemonRequests(self._store, self._connection, self._loopback)
        self._commands = Commands(requests, boot_ms)
        self._account = Account(requests)
        self._upkeep = Upkeep(requests, doctor, app_locale, at_login)
        self._commands.diagnostics_wanted.connect(self._upkeep.copy)
        self._supervisor = DaemonSupervisor(self._store, self._connection, start, boot_ms)
        self._places = Places(self._commands, self._account, self._upkeep, Offline(requests), zone)
        self._screens = Screens(
            window,
            self._store,
            self._commands,
            self._supervisor,
            self._places,
            clock=boot_ms,
            zone=zone,
        )
        app_locale.changed.connect(self._screens.build_anew)
        self._speaking = app_locale
        self._zone, self._told_file = zone, ui_state_path
        self._background: TrayController | None = None
        self._refresh_wanted = False
        self._connection.state_changed.connect(self._refresh_once_up)
        self._connection.state_changed.connect(self._look_as_chosen)
        self._supervisor.hopeless.connect(self._give_up)
        window.returned.connect(self._commands.returned)
        self._profile = BackgroundTask(load, self)
        self._profile.done.connect(self._introduce)
        self._profile.failed.connect(self._give_up)

    def run(self, launch_action: LaunchAction) -> None:
        """Begin, or go on with a new errand."""
        if self._connection.state is ConnectionState.CLOSED:
            self._profile.begin()
            self._connection.open()
        if launch_action is LaunchAction.REFRESH:
            self._refresh_wanted = True
            self._refresh_once_up(self._connection.state)

    def close(self) -> None:
        """Hang up; what another language would change is not seen any more."""
        self._screens.leave_as_it_is()
        self._upkeep.stop_checks()
        self._connection.close()
        self._loopback.close()

    def _came_back(self) -> None:
        self._window.come_forward()
        self.run(LaunchAction.REFRESH)

    def _refresh_once_up(self, state: ConnectionState) -> None:
        if self._refresh_wanted and state is ConnectionState.UP:
            self._refresh_wanted = False
            self._commands.refresh(quietly=True)

    def _look_as_chosen(self, state: ConnectionState) -> None:
        if state is ConnectionState.UP:
            self._upkeep.read_settings(quietly=True)

    def _introduce(self, profile: ProductInfo) -> None:
        self._window.setWindowTitle(tr("window.title", product=profile.product_name))
        self._screens.support = profile.support_email
        self._loopback.product = profile.product_name
        self._loopback.find_out()
        if self._told_file is not None:
            self._go_on_in_background(self._told_file, profile)
        self._screens.show()

    def _go_on_in_background(self, ui_state_path: Path, profile: ProductInfo) -> None:
        from keystead_client.desktop.tray_controller import TrayController

        self._background = TrayController(
            self._window,
            self._store,
            self._commands,
            self._supervisor,
            self._places,
            ui_state_path=ui_state_path,
            product=profile.product_name,
            support=profile.support_email,
            clock=boot_ms,
            zone=self._zone,
        )
        self._speaking.changed.connect(self._background.show)

    def _give_up(self, error: KeysteadError) -> None:
        """The profile does not hold: there is nothing that could be asked."""
        self.close()
        self._screens.stop()
        self._window.show_page(ProblemPage(presentation.refusal(error, tr=tr)))
        if not self._window.isVisible():
            # It was to be in the tray only, and there is nothing to be there for.
            self._window.showMinimized()


def start_daemon_of(context: Context) -> Callable[[], None]:
    """Start a context's daemon and wait until it answers."""

    def start() -> None:
        from keystead_client.daemon_control import start_daemon

        # Only a profile that holds is worth a daemon.
        _ = context.profile
        start_daemon(context)

    return start


def product_info_of(context: Context) -> Callable[[], ProductInfo]:
    """Read what a context's profile says to a person.

    Whether it holds in whole is checked where a daemon is started with it; one that answers has
    checked its own.
    """
    return lambda: ProductInfo(*profile_lookup.introduction(context.profile_path))


def doctor_of(context: Context) -> Doctor:
    """How the diagnostics of a context are made; what that needs is loaded when it is wanted."""

    def begin() -> Examination:
        from keystead_client import doctor

        return doctor.Examination(context)

    def files() -> dict[str, str]:
        from keystead_client import bundle
        from keystead_client.doctor import examine

        return bundle.contents(examine(context), context)

    def save(path: Path) -> Path:
        from keystead.files import replace_atomically
        from keystead_client import bundle

        replace_atomically(path, bundle.packed(files()))
        return path

    def text() -> str:
        from keystead_client import bundle

        return bundle.as_text(files())

    return Doctor(begin, save, text)


def opens_links_of(context: Context) -> Callable[[], bool]:
    """Whether a ``keystead:`` link reaches the window of a context."""

    def owns() -> bool:
        from keystead_client.link_handler import opens_links
        from keystead_client.window_command import window_command

        return opens_links(window_command(context), context.environ, Path.home())

    return owns


def at_login_of(context: Context) -> Callable[[bool | None], bool]:
    """Whether the window of a context starts at login, and the way to have it so or not."""

    def at_login(wanted: bool | None) -> bool:
        from keystead_client.autostart import AutostartItem, autostart_of
        from keystead_client.window_command import window_command

        profile = context.profile_path
        name, _ = profile_lookup.introduction(profile)
        command = window_command(context, "--minimized")
        item = AutostartItem(profile_lookup.product_id(profile), name, command)
        system = autostart_of(item, context.environ, Path.home())
        if wanted is not None:
            (system.install if wanted else system.remove)()
        return system.is_enabled()

    return at_login
