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
from keystead_client.desktop.models.catalog import WORDS
from keystead_client.desktop.models.deep_link import Errand, errand_of
from keystead_client.desktop.pages.problem import ProblemPage
from keystead_client.desktop.qt_locale import Speaking
from keystead_client.desktop.single_instance import Instance
from keystead_client.desktop.window import MainWindow

if TYPE_CHECKING:
    from keystead.errors import InvalidProfile
    from keystead_client.desktop.controller import Desktop


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
    speaking = Speaking(application)
    speaking.choose(None)
    context = Context(profile, home, environ)
    errand = errand_of(link)
    try:
        instance = Instance(instance_folder(context))
    except _invalid_profile() as error:
        from keystead_client import presentation

        window = MainWindow(WORDS("window.unnamed"))
        window.show_page(ProblemPage(presentation.refusal(error, texts=WORDS)))
        window.show()
        return application.exec()
    if not instance.claim():
        if minimized:
            return 0
        instance.handed_over.connect(lambda taken: application.exit(0 if taken else 1))
        instance.hand_over(errand)
        return application.exec()
    opening = Opening(context, instance, errand, speaking)
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


class Opening(QObject):
    """The window before and after there is something behind it."""

    def __init__(
        self, context: Context, instance: Instance, errand: Errand, speaking: Speaking
    ) -> None:
        super().__init__()
        self._context, self._instance, self._errand = context, instance, errand
        self._speaking = speaking
        self._behind: Desktop | None = None
        self.window = MainWindow(WORDS("window.unnamed"))
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
        from keystead_client.desktop.tray import there_is_a_tray

        if not there_is_a_tray():
            self.window.showMinimized()
        self._go_on()

    def _go_on(self) -> None:
        if self._behind is not None:
            return
        self._instance.listen()
        from keystead_client.desktop.controller import (
            Desktop,
            at_login_of,
            doctor_of,
            introduction_of,
            owns_links_of,
            start_daemon_of,
        )

        context = self._context
        self._behind = Desktop(
            self.window,
            context.plain_socket() or str(context.paths.socket),
            start=start_daemon_of(context),
            load=introduction_of(context),
            owns_links=owns_links_of(context),
            at_login=at_login_of(context),
            speaking=self._speaking,
            doctor=doctor_of(context),
            told_file=context.paths.told_file,
        )
        self._behind.run(self._errand)
        QTimer.singleShot(0, self, _wear_icon)

    def _asked(self, errand: Errand) -> None:
        """A link was followed, or the program was started once more."""
        self.window.come_forward()
        if self._behind is not None:
            self._behind.run(errand)
        elif errand is Errand.REFRESH:
            self._errand = errand


def _wear_icon() -> None:
    # On macOS it is the bundle's, which is the vendor's.
    if sys.platform != "darwin":
        from keystead_client.desktop.app_icon import app_icon

        QApplication.setWindowIcon(app_icon())
