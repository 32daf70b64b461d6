"""Every screen of the window in every state, to be looked at: ``python -m support.screens FOLDER``.

Run from ``tests``. Each is drawn light and dark, at 100 % and 200 %, and with text of twice the
size; ``sheet.png`` shows them all, and the pages that `support.page_pictures` drew below them.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from datetime import UTC
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import msgspec
from PySide6.QtCore import QObject, QRect, QSize
from PySide6.QtGui import QPixmap
from PySide6.QtWidgets import QApplication, QWidget

from keystead.capabilities import CAPABILITIES_BY_API
from keystead.hints import CLOCK_BEHIND, KEYRING_UNAVAILABLE
from keystead.instants import HOUR_MS, MINUTE_MS
from keystead.local_api import Account as ListedAccount
from keystead.local_api import ActivationView, Settings
from keystead.wire.nyra import InvoicesAnswer
from keystead_client.context import Context
from keystead_client.desktop import theme
from keystead_client.desktop.account import Account
from keystead_client.desktop.commands import Commands
from keystead_client.desktop.controller import doctor_of
from keystead_client.desktop.daemon_connection import Link
from keystead_client.desktop.daemon_requests import Asking
from keystead_client.desktop.daemon_supervisor import Presence
from keystead_client.desktop.loopback_return import WayBack
from keystead_client.desktop.models.app_state import (
    Choice,
    Detour,
    Doing,
    Known,
    Notice,
    Round,
    Trouble,
)
from keystead_client.desktop.models.backoff import PATIENCE
from keystead_client.desktop.models.catalog import WORDS
from keystead_client.desktop.models.tray import no_tray_notice
from keystead_client.desktop.offline import Offline
from keystead_client.desktop.places import Places
from keystead_client.desktop.qt_locale import Speaking
from keystead_client.desktop.screens import Screens
from keystead_client.desktop.store import Store
from keystead_client.desktop.upkeep import Upkeep
from keystead_client.desktop.window import MainWindow
from support import daemon_says as says
from support.contact_sheet import contact_sheet
from support.tray_pictures import draw_icons, draw_menu

#: Turns of the loop in which a layout comes to rest.
_TURNS = 20


def gallery() -> Iterator[tuple[str, Known]]:
    """Each screen and state, by name."""
    unreachable = Trouble("The billing service could not be reached.", "Check the connection.")
    address = says.PAGE + "?" + "long" * 40
    failed = Notice("attention", WORDS("browser.failed"), address=address)
    yield "connecting", Known()
    yield "nobody", Known(failures=PATIENCE)
    yield (
        "nobody-why",
        Known(
            failures=2,
            view=says.active(),
            start_trouble=Trouble("The daemon is not installed.", "Install it."),
        ),
    )
    yield "plans-loading", _known(says.unactivated(), doing=frozenset({Doing.PLANS}))
    yield "plans", _known(says.unactivated(), plans=says.PLANS, choice=Choice("pro", seats=3))
    yield (
        "plans-starting",
        _known(says.unactivated(), plans=says.PLANS, doing=frozenset({Doing.CHECKOUT})),
    )
    yield "plans-trouble", _known(says.unactivated(), plans_trouble=unreachable)
    yield "plans-again", _known(says.inactive(), plans=says.PLANS, detour=Detour.PLANS)
    yield "restore", _known(says.unactivated(), detour=Detour.RESTORE)
    yield from _signing_in()
    yield "waiting", _known(says.pending())
    long = msgspec.structs.replace(says.CHECKOUT, url=address.ljust(412, "o"))
    yield "waiting-long-address", _known(says.pending(long))
    yield "waiting-no-browser", _known(says.pending(), notice=failed)
    yield "waiting-mail", _known(says.pending(says.RESTORE))
    yield "settling", _known(says.settling())
    yield "active", _known(says.active())
    yield "active-refreshing", _known(says.active(), doing=frozenset({Doing.REFRESH}))
    yield "active-lost", Known(view=says.active(), failures=1)
    yield "active-hints", _known(says.active(hints=(CLOCK_BEHIND, KEYRING_UNAVAILABLE)))
    yield "active-no-tray", _known(says.active(), notice=no_tray_notice())
    yield "ending", _known(says.ending())
    yield "grace", _known(says.grace())
    yield "grace-hour", _known(says.grace(42 * MINUTE_MS))
    yield "past-due", _known(says.past_due(20 * HOUR_MS))
    yield "expired", _known(says.expired())
    yield "inactive", _known(says.inactive())
    yield "device-limit", _known(says.inactive("device_limit"))
    yield "untrusted", _known(says.untrusted())
    yield "devices", _known(says.inactive(), detour=Detour.DEVICES, devices=says.DEVICES)
    yield "devices-loading", _known(says.active(), detour=Detour.DEVICES)
    yield from _billing()
    yield from _bought_once()
    checking = {"detour": Detour.DIAGNOSTICS}
    checked = {"doing": frozenset({Doing.CHECKS}), **checking}
    well = Round((*says.NEAR, *says.DIAGNOSTICS.checks))
    silent = Round((*says.NEAR, *says.SILENT))
    yield "checks", _known(says.active(), looks=well, **checking)
    yield "checks-begun", _known(says.active(), looks=Round((), "profile"), **checked)
    yield "checks-running", _known(says.active(), looks=Round(well.found[:8], "server"), **checked)
    yield "checks-silent-server", _known(says.grace(), looks=silent, **checking)
    yield "checks-stopped", _known(says.active(), looks=Round(says.NEAR), **checking)
    yield from settings_gallery()


def _billing() -> Iterator[tuple[str, Known]]:
    there = {"detour": Detour.BILLING}
    trouble = Trouble("The billing service could not be reached.", "Check the connection.")
    yield "billing", _known(says.past_due(), invoices=says.INVOICES, **there)
    yield "billing-none", _known(says.ending(), invoices=InvoicesAnswer(invoices=()), **there)
    yield "billing-loading", _known(says.active(), doing=frozenset({Doing.INVOICES}), **there)
    yield "billing-trouble", _known(says.expired(), invoices_trouble=trouble, **there)


def _bought_once() -> Iterator[tuple[str, Known]]:
    yield "once-plans", _known(says.unactivated(), plans=says.ONCE_PLANS, choice=Choice("solo"))
    yield "once", _known(says.bought_once())
    yield "once-unchecked", _known(says.unchecked())
    yield (
        "once-billing",
        _known(says.bought_once(), invoices=says.INVOICES, detour=Detour.BILLING),
    )


def settings_gallery() -> Iterator[tuple[str, Known]]:
    """What a person may choose."""
    there = {"detour": Detour.SETTINGS, "settings": Settings(), "at_login": True}
    settings = Settings(
        proxy="http://proxy:3128", appearance="dark", notifications=False, language="ja"
    )
    trouble = Trouble("The billing service could not be reached.", "Check the connection.")
    yield "settings", _known(says.active(), **there)
    yield "settings-proxy", _known(says.active(), **there | {"settings": settings})
    yield "settings-trouble", _known(says.active(), **there, settings_trouble=trouble)
    yield "settings-lost", Known(view=says.active(), failures=1, **there)  # type: ignore[arg-type]


def offline_gallery() -> Iterator[tuple[str, Known]]:
    """The screen of a computer that is never online."""
    trouble = Trouble("The system's keyring is locked.", "Unlock it.")
    there = {"detour": Detour.OFFLINE}
    yield "offline", _known(says.unactivated(), request=says.REQUEST, **there)
    yield "offline-loading", _known(says.unactivated(), **there)
    yield "offline-trouble", _known(says.expired(), request_trouble=trouble, **there)


def _signing_in() -> Iterator[tuple[str, Known]]:
    yield "sign-in", _known(_at("mission-control", ListedAccount(signed_in=False)))
    waiting = ListedAccount(signed_in=False, waiting=True)
    yield "sign-in-waiting", _known(_at("mission-control", waiting))
    denied = ListedAccount(signed_in=False, problem="sign_in_denied")
    yield "sign-in-denied", _known(_at("crow", denied))
    ada = ListedAccount(signed_in=True, subject="Ada Lovelace", account="acme")
    yield "plans-signed-in", _known(_at("crow", ada), plans=says.PLANS)
    yield (
        "settings-signed-in",
        _known(_at("crow", ada), settings=Settings(), detour=Detour.SETTINGS),
    )
    yield from offline_gallery()


def _at(api: str, account: ListedAccount) -> ActivationView:
    """A device without an activation, at a billing service where people sign in."""
    return msgspec.structs.replace(
        says.unactivated(), account=account, capabilities=CAPABILITIES_BY_API[api]
    )


def _known(view: object, **more: object) -> Known:
    return Known(up=True, view=view, **more)  # type: ignore[arg-type]


class Studio(QObject):
    """A window that shows what it is told, with nobody behind it."""

    def __init__(self) -> None:
        super().__init__()
        self.window = MainWindow("NyrA Swarm Little Buddy")
        self.store = Store()
        speaking = Speaking(the_application())
        self._link = Link("nowhere", self)
        asking = Asking(self.store, self._link, WayBack(self.store, lambda: True))
        doctor = doctor_of(Context(None, None, {}))
        commands = Commands(asking, lambda: 0)
        presence = Presence(self.store, self._link, lambda: None, lambda: 0)
        places = Places(
            commands, Account(asking), Upkeep(asking, doctor, speaking, bool), Offline(asking), UTC
        )
        self._keep = (commands, presence, places)
        self._screens = Screens(
            self.window, self.store, commands, presence, places, clock=lambda: 0, zone=UTC
        )
        self._screens.support = "support@nyra.example"
        self.window.show()

    def picture(self, known: Known, scale: float = 1.0) -> QPixmap:
        """The window as it shows this, at a scale."""
        for _ in range(2):
            # Again when the screen that came first has asked, and found nobody.
            self.store.replace(known)
            self._settle()
        picture = QPixmap(QSize(self.window.size()) * scale)
        picture.setDevicePixelRatio(scale)
        self.window.render(picture)
        return picture

    def _settle(self) -> None:
        """Wait until nothing moves: a layout that changed is laid out anew turn by turn."""
        before: list[QRect] = []
        for _ in range(_TURNS):
            QApplication.processEvents()
            now = [one.geometry() for one in self.window.findChildren(QWidget)]
            if now == before:
                return
            before = now


def the_application() -> QApplication:
    found = QApplication.instance() or QApplication(["screens"])
    assert isinstance(found, QApplication)
    return found


def draw_all(folder: Path) -> int:
    """Write every picture into a folder; how many."""
    application = the_application()
    font = application.font()
    drawn = 0
    speaking = Speaking(application)
    for look, dark, scale, text, language in (
        ("light", False, 1.0, 1.0, None),
        ("dark", True, 1.0, 1.0, None),
        ("light-200", False, 2.0, 1.0, None),
        ("large-text", False, 1.0, 2.0, None),
        ("arabic", False, 1.0, 1.0, "ar"),
    ):
        speaking.choose(language)
        larger = application.font()
        larger.setPointSizeF(font.pointSizeF() * text)
        application.setFont(larger)
        theme.apply(application, dark=dark)
        for name, known in gallery():
            studio = Studio()
            picture = studio.picture(known, scale)
            drawn += picture.save(str(folder / f"{name}-{look}.png"))
            studio.window.close()
        if scale == 1:
            drawn += draw_menu(folder / f"tray-menu-{look}.png")
        application.setFont(font)
    drawn += draw_icons(folder)
    return drawn


if __name__ == "__main__":
    target = Path(sys.argv[1])
    target.mkdir(parents=True, exist_ok=True)
    draw_all(target)
    screens = sorted(path for path in target.glob("*.png") if path.stem != "sheet")
    pages = sorted((target / "pages").glob("*.png"))
    sys.exit(0 if contact_sheet([screens, pages], target / "sheet.png") else 1)
