"""Start the desktop app: Qt, the check for a running instance, the first paint, then the rest.

The window is painted before anything is read, requested or loaded that it does not need for that.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer
from PySide6.QtWidgets import QApplication

from keystead.bootstrap import launcher_name
from keystead.product_names import COMMAND, WINDOW, desktop_id
from keystead_client.context import Context
from keystead_client.desktop import theme
from keystead_client.desktop.models.catalog import tr
from keystead_client.desktop.models.deep_link import LaunchAction, action_of_link
from keystead_client.desktop.pages.problem import ProblemPage
from keystead_client.desktop.qt_locale import ApplicationLocale
from keystead_client.desktop.single_instance import SingleInstance
from keystead_client.desktop.window import MainWindow

if TYPE_CHECKING:
    from keystead.errors import InvalidProfile
    from keystead_client.desktop.controller import Controller
    from keystead_client.desktop.termination import Termination

#: Qt's platform that draws to memory.
_INVISIBLE = "offscreen"


def run(
    link: str | None,
    profile: str | None,
    home: str | None,
    environ: Mapping[str, str],
    *,
    minimized: bool = False,
) -> int | None:
    """Show the window until it is closed, or hand over to the one that is open.

    ``minimized`` is for a start without a person waiting, as at login. Returns None where the
    display server refuses this user.
    """
    fallback = _platform_with_fallback(environ)
    if fallback is not None:
        os.environ["QT_QPA_PLATFORM"] = fallback
    # Until the window is painted, Ctrl-C ends the process at once: Qt's event loop runs no handler.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    # The default of 5 ms lets a background thread delay the window visibly.
    sys.setswitchinterval(0.0005)
    context = Context(profile, home, environ)
    # X11, panels and task bars know a window by its program's name, Wayland by the entry's.
    name = _application_name(context)
    application = QApplication([name])
    if fallback is not None and application.platformName() == _INVISIBLE:
        return None
    application.setDesktopFileName(name)
    theme.apply(application)
    # The system's language; the person's own choice arrives with the daemon's settings.
    app_locale = ApplicationLocale(application)
    app_locale.choose(None)
    tr.command = launcher_name(COMMAND)
    try:
        action = action_of_link(link, context.product_id)
        instance = SingleInstance(instance_folder(context))
    except _invalid_profile() as error:
        from keystead_client import presentation

        window = MainWindow(tr("window.unnamed"))
        window.show_page(ProblemPage(presentation.error_text(error, tr=tr)))
        window.show()
        return application.exec()
    if not instance.claim():
        if minimized:
            return 0
        instance.handed_over.connect(lambda taken: application.exit(0 if taken else 1))
        instance.hand_over(action)
        return application.exec()
    startup = WindowStartup(context, instance, action, app_locale)
    if sys.platform == "darwin":
        startup.handle_links_of(application)
    startup.show(minimized=minimized)
    code = application.exec()
    startup.close()
    return code


def _application_name(context: Context) -> str:
    """Return the name of the product's menu entry, or the program's without a usable profile."""
    try:
        return desktop_id(context.product_id)
    except _invalid_profile():
        return WINDOW


def _platform_with_fallback(environ: Mapping[str, str]) -> str | None:
    """Return Qt platforms in the order to try, the last one without a screen; None for Qt's own.

    Where none can connect, Qt aborts the process.
    """
    if sys.platform in {"win32", "darwin"} or "QT_QPA_PLATFORM" in environ:
        return None
    x11 = ["xcb"] if environ.get("DISPLAY") else []
    wayland = ["wayland"] if environ.get("WAYLAND_DISPLAY") else []
    is_wayland = environ.get("XDG_SESSION_TYPE") == "wayland"
    return ";".join([*wayland, *x11, _INVISIBLE] if is_wayland else [*x11, *wayland, _INVISIBLE])


def instance_folder(context: Context) -> Path:
    """Return the folder of the daemon's socket, a short path. Raises InvalidProfile."""
    return Path(context.socket).parent


def _invalid_profile() -> type[InvalidProfile]:
    # An `except` expression is evaluated only when something was raised: no import before that.
    from keystead.errors import InvalidProfile

    return InvalidProfile


class WindowStartup(QObject):
    """Shows the window, and adds the controller once it is painted."""

    def __init__(
        self,
        context: Context,
        instance: SingleInstance,
        action: LaunchAction,
        app_locale: ApplicationLocale,
    ) -> None:
        super().__init__()
        self._context, self._instance, self._action = context, instance, action
        self._app_locale = app_locale
        self._controller: Controller | None = None
        self._termination: Termination | None = None
        self.window = MainWindow(tr("window.unnamed"))
        self.window.first_painted.connect(self._add_controller)
        instance.requested.connect(self._run_action)

    def show(self, *, minimized: bool) -> None:
        if minimized:
            # A window in the tray is never painted, so `first_painted` would not come.
            QTimer.singleShot(0, self, self._start_minimized)
        else:
            self.window.show()

    def handle_links_of(self, application: QApplication) -> None:
        from keystead_client.desktop.link_events import LinkEvents

        links = LinkEvents(self._context.product_id, self)
        links.followed.connect(self._run_action)
        application.installEventFilter(links)

    def close(self) -> None:
        if self._termination is not None:
            self._termination.close()
        self._instance.close()
        if self._controller is not None:
            self._controller.close()

    def _start_minimized(self) -> None:
        from keystead_client.desktop.tray import tray_available

        if not tray_available():
            self.window.showMinimized()
        self._add_controller()

    def _add_controller(self) -> None:
        if self._controller is not None:
            return
        self._instance.listen()
        from keystead_client.desktop.termination import Termination

        self._termination = Termination(self)
        from keystead_client.desktop import context_services
        from keystead_client.desktop.controller import Controller

        context = self._context
        self._controller = Controller(
            self.window,
            context.socket,
            start=context_services.start_daemon_of(context),
            load=context_services.product_info_of(context),
            opens_links=context_services.opens_links_of(context),
            at_login=context_services.at_login_of(context),
            app_locale=self._app_locale,
            doctor=context_services.doctor_of(context),
            ui_state_path=context.paths.told_file,
        )
        self._controller.run(self._action)
        QTimer.singleShot(0, self, _set_window_icon)

    def _run_action(self, action: LaunchAction) -> None:
        """Carry out what a link, or another start of the program, asks for."""
        self.window.come_forward()
        if self._controller is not None:
            self._controller.run(action)
        elif action is LaunchAction.REFRESH:
            self._action = action


def _set_window_icon() -> None:
    # On macOS the icon comes from the bundle, which is the vendor's.
    if sys.platform != "darwin":
        from PySide6.QtGui import QIcon

        from keystead_client.desktop.app_icon import app_icon

        # The product's own where its package is installed.
        QApplication.setWindowIcon(QIcon.fromTheme(QApplication.desktopFileName(), app_icon()))
