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
from keystead_client.desktop.background_task import Aside
from keystead_client.desktop.check_runner import Examination
from keystead_client.desktop.commands import Commands
from keystead_client.desktop.daemon_connection import Link, LinkState
from keystead_client.desktop.daemon_requests import Asking
from keystead_client.desktop.daemon_supervisor import Presence
from keystead_client.desktop.loopback_return import WayBack
from keystead_client.desktop.models.catalog import WORDS
from keystead_client.desktop.models.deep_link import Errand
from keystead_client.desktop.models.product_info import Introduction
from keystead_client.desktop.offline import Offline
from keystead_client.desktop.pages.problem import ProblemPage
from keystead_client.desktop.places import Places
from keystead_client.desktop.qt_locale import Speaking
from keystead_client.desktop.screens import Screens
from keystead_client.desktop.store import Store
from keystead_client.desktop.upkeep import Doctor, Upkeep
from keystead_client.desktop.window import MainWindow

if TYPE_CHECKING:
    from keystead_client.desktop.tray_controller import Background


class Desktop(QObject):
    """A window with a daemon to talk to."""

    def __init__(
        self,
        window: MainWindow,
        address: str,
        *,
        start: Callable[[], None],
        load: Callable[[], Introduction],
        doctor: Doctor,
        owns_links: Callable[[], bool],
        at_login: Callable[[bool | None], bool],
        speaking: Speaking,
        told_file: Path | None = None,
        zone: tzinfo | None = None,
    ) -> None:
        """``address``: of the daemon's socket.

        ``start`` (a daemon) and ``load`` (of the profile) may wait, and raise KeysteadError; so may
        ``owns_links`` (whether ``keystead:`` leads here) and ``at_login``, which is `Upkeep`'s.
        ``told_file`` is `Paths.told_file`; without one it is a window only, and in no tray.
        """
        super().__init__(window)
        self._window = window
        self._store = Store()
        self._link = Link(address, self)
        self._way_back = WayBack(self._store, owns_links)
        self._way_back.taken.connect(self._came_back)
        asking = Asking(self._store, self._link, self._way_back)
        self._commands = Commands(asking, boot_ms)
        self._account = Account(asking)
        self._upkeep = Upkeep(asking, doctor, speaking, at_login)
        self._commands.diagnostics_wanted.connect(self._upkeep.copy)
        self._presence = Presence(self._store, self._link, start, boot_ms)
        self._places = Places(self._commands, self._account, self._upkeep, Offline(asking), zone)
        self._screens = Screens(
            window,
            self._store,
            self._commands,
            self._presence,
            self._places,
            clock=boot_ms,
            zone=zone,
        )
        speaking.changed.connect(self._screens.build_anew)
        self._speaking = speaking
        self._zone, self._told_file = zone, told_file
        self._background: Background | None = None
        self._refresh_wanted = False
        self._link.state_changed.connect(self._refresh_once_up)
        self._link.state_changed.connect(self._look_as_chosen)
        self._presence.hopeless.connect(self._give_up)
        window.returned.connect(self._commands.returned)
        self._profile = Aside(load, self)
        self._profile.done.connect(self._introduce)
        self._profile.failed.connect(self._give_up)

    def run(self, errand: Errand) -> None:
        """Begin, or go on with a new errand."""
        if self._link.state is LinkState.CLOSED:
            self._profile.begin()
            self._link.open()
        if errand is Errand.REFRESH:
            self._refresh_wanted = True
            self._refresh_once_up(self._link.state)

    def close(self) -> None:
        """Hang up; what another language would change is not seen any more."""
        self._screens.leave_as_it_is()
        self._upkeep.stop_checks()
        self._link.close()
        self._way_back.close()

    def _came_back(self) -> None:
        self._window.come_forward()
        self.run(Errand.REFRESH)

    def _refresh_once_up(self, state: LinkState) -> None:
        if self._refresh_wanted and state is LinkState.UP:
            self._refresh_wanted = False
            self._commands.refresh(quietly=True)

    def _look_as_chosen(self, state: LinkState) -> None:
        if state is LinkState.UP:
            self._upkeep.read_settings(quietly=True)

    def _introduce(self, profile: Introduction) -> None:
        self._window.setWindowTitle(WORDS("window.title", product=profile.product_name))
        self._screens.support = profile.support_email
        self._way_back.product = profile.product_name
        self._way_back.find_out()
        if self._told_file is not None:
            self._go_on_in_background(self._told_file, profile)
        self._screens.show()

    def _go_on_in_background(self, told_file: Path, profile: Introduction) -> None:
        from keystead_client.desktop.tray_controller import Background

        self._background = Background(
            self._window,
            self._store,
            self._commands,
            self._presence,
            self._places,
            told_file=told_file,
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
        self._window.show_page(ProblemPage(presentation.refusal(error, texts=WORDS)))
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


def introduction_of(context: Context) -> Callable[[], Introduction]:
    """Read what a context's profile says to a person.

    Whether it holds in whole is checked where a daemon is started with it; one that answers has
    checked its own.
    """
    return lambda: Introduction(*profile_lookup.introduction(context.profile_path))


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


def owns_links_of(context: Context) -> Callable[[], bool]:
    """Whether a ``keystead:`` link reaches the window of a context."""

    def owns() -> bool:
        from keystead_client.link_handler import leads_to
        from keystead_client.window_command import window_command

        return leads_to(window_command(context), context.environ, Path.home())

    return owns


def at_login_of(context: Context) -> Callable[[bool | None], bool]:
    """Whether the window of a context starts at login, and the way to have it so or not."""

    def at_login(wanted: bool | None) -> bool:
        from keystead_client.autostart import Item, autostart_of
        from keystead_client.window_command import window_command

        profile = context.profile_path
        name, _ = profile_lookup.introduction(profile)
        command = window_command(context, "--minimized")
        item = Item(profile_lookup.product_id(profile), name, command)
        system = autostart_of(item, context.environ, Path.home())
        if wanted is not None:
            (system.install if wanted else system.remove)()
        return system.is_on()

    return at_login
