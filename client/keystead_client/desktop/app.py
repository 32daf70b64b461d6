"""The composition of the window: what is built, in which order, and how the parts meet.

In the order of what a person waits for: Qt, whether a window is open already, the first picture,
and only then everything that reads, asks or loads.
"""

from __future__ import annotations

import signal
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer
from PySide6.QtWidgets import QApplication

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


def run(
    link: str | None,
    profile: str | None,
    home: str | None,
    environ: Mapping[str, str],
    *,
    minimized: bool = False,
) -> int:
    """Show the window until it is closed, or hand over to the one that is open.

    ``minimized`` is for a start that nobody is waiting for, as at login.
    """
    # Qt's loop leaves no room for Python's own handler.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    # Work off to the side lets the window have its turn after so many seconds, not after 5 ms.
    sys.setswitchinterval(0.0005)
    application = QApplication(["keystead-desktop"])
    application.setDesktopFileName("keystead")
    theme.apply(application)
    # The system's; what a person chose instead is the daemon's to say, and follows at once.
    app_locale = ApplicationLocale(application)
    app_locale.choose(None)
    context = Context(profile, home, environ)
    launch_action = action_of_link(link)
    try:
        instance = SingleInstance(instance_folder(context))
    except _invalid_profile() as error:
        from keystead_client import presentation

        window = MainWindow(tr("window.unnamed"))
        window.show_page(ProblemPage(presentation.refusal(error, tr=tr)))
        window.show()
        return application.exec()
    if not instance.claim():
        if minimized:
            return 0
        instance.handed_over.connect(lambda taken: application.exit(0 if taken else 1))
        instance.hand_over(launch_action)
        return application.exec()
    opening = WindowStartup(context, instance, launch_action, app_locale)
    if sys.platform == "darwin":
        opening.take_links_from(application)
    opening.show(minimized=minimized)
    code = application.exec()
    opening.close()
    return code


def instance_folder(context: Context) -> Path:
    """The runtime folder of this home and product. Raises InvalidProfile."""
    return Path(context.plain_runtime() or context.paths.runtime)


def _invalid_profile() -> type[InvalidProfile]:
    # What follows an `except` is looked at when something was raised, and loaded no sooner.
    from keystead.errors import InvalidProfile

    return InvalidProfile


class WindowStartup(QObject):
    """The window before and after there is something behind it."""

    def __init__(
        self,
        context: Context,
        instance: SingleInstance,
        launch_action: LaunchAction,
        app_locale: ApplicationLocale,
    ) -> None:
        super().__init__()
        self._context, self._instance, self._errand = context, instance, launch_action
        self._speaking = app_locale
        self._behind: Controller | None = None
        self.window = MainWindow(tr("window.unnamed"))
        self.window.first_painted.connect(self._go_on)
        instance.asked.connect(self._asked)

    def show(self, *, minimized: bool) -> None:
        if minimized:
            # In the tray, where there is one, nothing is ever painted.
            QTimer.singleShot(0, self, self._begin_out_of_the_way)
        else:
            self.window.show()

    def take_links_from(self, application: QApplication) -> None:
        from keystead_client.desktop.link_events import LinkEvents

        links = LinkEvents(self)
        links.followed.connect(self._asked)
        application.installEventFilter(links)

    def close(self) -> None:
        self._instance.close()
        if self._behind is not None:
            self._behind.close()

    def _begin_out_of_the_way(self) -> None:
        from keystead_client.desktop.tray import tray_available

        if not tray_available():
            self.window.showMinimized()
        self._go_on()

    def _go_on(self) -> None:
        if self._behind is not None:
            return
        self._instance.listen()
        from keystead_client.desktop.controller import (
            Controller,
            at_login_of,
            doctor_of,
            opens_links_of,
            product_info_of,
            start_daemon_of,
        )

        context = self._context
        self._behind = Controller(
            self.window,
            context.plain_socket() or str(context.paths.socket),
            start=start_daemon_of(context),
            load=product_info_of(context),
            opens_links=opens_links_of(context),
            at_login=at_login_of(context),
            app_locale=self._speaking,
            doctor=doctor_of(context),
            ui_state_path=context.paths.told_file,
        )
        self._behind.run(self._errand)
        QTimer.singleShot(0, self, _wear_icon)

    def _asked(self, launch_action: LaunchAction) -> None:
        """A link was followed, or the program was started once more."""
        self.window.come_forward()
        if self._behind is not None:
            self._behind.run(launch_action)
        elif launch_action is LaunchAction.REFRESH:
            self._errand = launch_action


def _wear_icon() -> None:
    # On macOS it is the bundle's, which is the vendor's.
    if sys.platform != "darwin":
        from keystead_client.desktop.app_icon import app_icon

        QApplication.setWindowIcon(app_icon())
