"""Screenshots of every screen of the window in every state.

``python -m support.window_screenshots FOLDER``, run from ``tests``, draws each light and dark, at
100 % and 200 %, and with text of twice the size; ``sheet.png`` shows them all, with the pages that
`support.page_screenshots` drew below them.
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
from keystead_client.desktop.context_services import doctor_of
from keystead_client.desktop.daemon_connection import DaemonConnection
from keystead_client.desktop.daemon_requests import DaemonRequests
from keystead_client.desktop.daemon_supervisor import DaemonSupervisor
from keystead_client.desktop.intents import Intents
from keystead_client.desktop.loopback_return import LoopbackReturn
from keystead_client.desktop.models.app_state import (
    AppState,
    CheckRun,
    Destination,
    Notice,
    Operation,
    PlanSelection,
    Problem,
)
from keystead_client.desktop.models.backoff import PATIENCE
from keystead_client.desktop.models.catalog import tr
from keystead_client.desktop.models.tray import no_tray_notice
from keystead_client.desktop.page_router import PageRouter
from keystead_client.desktop.qt_locale import ApplicationLocale
from keystead_client.desktop.store import Store
from keystead_client.desktop.window import MainWindow
from support import activations
from support.contact_sheet import contact_sheet
from support.tray_screenshots import draw_icons, draw_menu

#: Turns of the event loop in which a layout settles.
_TURNS = 20


def screen_gallery() -> Iterator[tuple[str, AppState]]:
    """Return each screen and state by name."""
    unreachable = Problem("The billing service could not be reached.", "Check the connection.")
    address = activations.PAGE + "?" + "long" * 40
    failed = Notice("attention", tr("browser.failed"), address=address)
    yield "connecting", AppState()
    yield "nobody", AppState(failures=PATIENCE)
    yield (
        "nobody-why",
        AppState(
            failures=2,
            view=activations.active(),
            start_problem=Problem("The daemon is not installed.", "Install it."),
        ),
    )
    yield (
        "plans-loading",
        _state(activations.unactivated(), in_progress=frozenset({Operation.PLANS})),
    )
    yield (
        "plans",
        _state(
            activations.unactivated(),
            plans=activations.PLANS,
            selection=PlanSelection("pro", seats=3),
        ),
    )
    yield (
        "plans-starting",
        _state(
            activations.unactivated(),
            plans=activations.PLANS,
            in_progress=frozenset({Operation.CHECKOUT}),
        ),
    )
    yield "plans-trouble", _state(activations.unactivated(), plans_problem=unreachable)
    yield (
        "plans-again",
        _state(activations.inactive(), plans=activations.PLANS, destination=Destination.PLANS),
    )
    yield "restore", _state(activations.unactivated(), destination=Destination.RESTORE)
    yield from _signing_in()
    yield "waiting", _state(activations.pending())
    long = msgspec.structs.replace(activations.CHECKOUT, url=address.ljust(412, "o"))
    yield "waiting-long-address", _state(activations.pending(long))
    yield "waiting-no-browser", _state(activations.pending(), notice=failed)
    yield "waiting-mail", _state(activations.pending(activations.RESTORE))
    yield "settling", _state(activations.settling())
    yield "settling-bank", _state(activations.unconfirmed())
    yield "active", _state(activations.active())
    yield (
        "active-refreshing",
        _state(activations.active(), in_progress=frozenset({Operation.REFRESH})),
    )
    yield "active-lost", AppState(view=activations.active(), failures=1)
    yield "active-hints", _state(activations.active(hints=(CLOCK_BEHIND, KEYRING_UNAVAILABLE)))
    yield "active-no-tray", _state(activations.active(), notice=no_tray_notice())
    yield "ending", _state(activations.ending())
    yield "grace", _state(activations.grace())
    yield "grace-hour", _state(activations.grace(42 * MINUTE_MS))
    yield "past-due", _state(activations.past_due(20 * HOUR_MS))
    yield "expired", _state(activations.expired())
    yield "inactive", _state(activations.inactive())
    yield "removed", _state(activations.inactive("device_removed"))
    yield "refunded", _state(activations.inactive("refunded"))
    yield "device-limit", _state(activations.inactive("device_limit"))
    yield "untrusted", _state(activations.untrusted())
    yield (
        "devices",
        _state(
            activations.inactive(), destination=Destination.DEVICES, devices=activations.DEVICES
        ),
    )
    yield "devices-loading", _state(activations.active(), destination=Destination.DEVICES)
    yield from _billing()
    yield from _bought_once()
    checking = {"destination": Destination.DIAGNOSTICS}
    checked = {"in_progress": frozenset({Operation.CHECKS}), **checking}
    well = CheckRun((*activations.NEAR, *activations.DIAGNOSTICS.checks))
    silent = CheckRun((*activations.NEAR, *activations.SILENT))
    yield "checks", _state(activations.active(), check_run=well, **checking)
    yield "checks-begun", _state(activations.active(), check_run=CheckRun((), "profile"), **checked)
    yield (
        "checks-running",
        _state(activations.active(), check_run=CheckRun(well.found[:8], "server"), **checked),
    )
    yield "checks-silent-server", _state(activations.grace(), check_run=silent, **checking)
    yield (
        "checks-stopped",
        _state(activations.active(), check_run=CheckRun(activations.NEAR), **checking),
    )
    yield from settings_gallery()


def _billing() -> Iterator[tuple[str, AppState]]:
    there = {"destination": Destination.BILLING}
    problem = Problem("The billing service could not be reached.", "Check the connection.")
    yield "billing", _state(activations.past_due(), invoices=activations.INVOICES, **there)
    yield (
        "billing-none",
        _state(activations.ending(), invoices=InvoicesAnswer(invoices=()), **there),
    )
    yield (
        "billing-loading",
        _state(activations.active(), in_progress=frozenset({Operation.INVOICES}), **there),
    )
    yield "billing-trouble", _state(activations.expired(), invoices_problem=problem, **there)


def _bought_once() -> Iterator[tuple[str, AppState]]:
    yield (
        "once-plans",
        _state(
            activations.unactivated(), plans=activations.ONCE_PLANS, selection=PlanSelection("solo")
        ),
    )
    yield "once", _state(activations.bought_once())
    yield "once-unchecked", _state(activations.unchecked())
    yield (
        "once-billing",
        _state(
            activations.bought_once(),
            invoices=activations.INVOICES,
            destination=Destination.BILLING,
        ),
    )


def settings_gallery() -> Iterator[tuple[str, AppState]]:
    """Return the settings screens by name."""
    there = {"destination": Destination.SETTINGS, "settings": Settings(), "at_login": True}
    settings = Settings(
        proxy="http://proxy:3128", appearance="dark", notifications=False, language="ja"
    )
    problem = Problem("The billing service could not be reached.", "Check the connection.")
    yield "settings", _state(activations.active(), **there)
    yield "settings-proxy", _state(activations.active(), **there | {"settings": settings})
    yield "settings-trouble", _state(activations.active(), **there, settings_problem=problem)
    yield "settings-lost", AppState(view=activations.active(), failures=1, **there)  # type: ignore[arg-type]


def offline_gallery() -> Iterator[tuple[str, AppState]]:
    """Return the screens of offline activation by name."""
    problem = Problem("The system's keyring is locked.", "Unlock it.")
    there = {"destination": Destination.OFFLINE}
    yield "offline", _state(activations.unactivated(), request=activations.REQUEST, **there)
    yield "offline-loading", _state(activations.unactivated(), **there)
    yield "offline-trouble", _state(activations.expired(), request_problem=problem, **there)


def _signing_in() -> Iterator[tuple[str, AppState]]:
    yield "sign-in", _state(_at("mission-control", ListedAccount(signed_in=False)))
    waiting = ListedAccount(signed_in=False, waiting=True)
    yield "sign-in-waiting", _state(_at("mission-control", waiting))
    denied = ListedAccount(signed_in=False, problem="sign_in_denied")
    yield "sign-in-denied", _state(_at("crow", denied))
    ada = ListedAccount(signed_in=True, subject="Ada Lovelace", account="acme")
    yield "plans-signed-in", _state(_at("crow", ada), plans=activations.PLANS)
    yield (
        "settings-signed-in",
        _state(_at("crow", ada), settings=Settings(), destination=Destination.SETTINGS),
    )
    yield from offline_gallery()


def _at(api: str, account: ListedAccount) -> ActivationView:
    """Return a device without an activation, at a billing service with sign-in."""
    return msgspec.structs.replace(
        activations.unactivated(), account=account, capabilities=CAPABILITIES_BY_API[api]
    )


def _state(view: object, **more: object) -> AppState:
    return AppState(connected=True, view=view, **more)  # type: ignore[arg-type]


class ScreenRenderer(QObject):
    """A window without a daemon, which shows any state."""

    def __init__(self) -> None:
        super().__init__()
        self.window = MainWindow("NyrA Swarm Little Buddy")
        self.store = Store()
        app_locale = ApplicationLocale(qt_application())
        self._connection = DaemonConnection("nowhere", self)
        requests = DaemonRequests(
            self.store, self._connection, LoopbackReturn(self.store, lambda: True)
        )
        self._intents = Intents(
            requests,
            self.window,
            doctor=doctor_of(Context(None, None, {})),
            app_locale=app_locale,
            at_login=bool,
            clock=lambda: 0,
        )
        self._supervisor = DaemonSupervisor(self.store, self._connection, lambda: None, lambda: 0)
        self._router = PageRouter(
            self.window,
            self.store,
            self._intents,
            self._supervisor,
            clock=lambda: 0,
            zone=UTC,
        )
        self._router.set_support("support@nyra.example")
        self.window.show()

    def picture(self, state: AppState, scale: float = 1.0) -> QPixmap:
        """Return an image of the window in this state, at a scale."""
        for _ in range(2):
            # Twice: without a daemon the page's first requests fail, which changes the state.
            self.store.replace(state)
            self._settle()
        picture = QPixmap(QSize(self.window.size()) * scale)
        picture.setDevicePixelRatio(scale)
        self.window.render(picture)
        return picture

    def _settle(self) -> None:
        """Process events until the layout no longer changes."""
        before: list[QRect] = []
        for _ in range(_TURNS):
            QApplication.processEvents()
            now = [one.geometry() for one in self.window.findChildren(QWidget)]
            if now == before:
                return
            before = now


def qt_application() -> QApplication:
    found = QApplication.instance() or QApplication(["screens"])
    assert isinstance(found, QApplication)
    return found


def draw_all(folder: Path) -> int:
    """Write all screenshots into a folder and return their number."""
    application = qt_application()
    font = application.font()
    drawn = 0
    app_locale = ApplicationLocale(application)
    for look, dark, scale, text, language in (
        ("light", False, 1.0, 1.0, None),
        ("dark", True, 1.0, 1.0, None),
        ("light-200", False, 2.0, 1.0, None),
        ("large-text", False, 1.0, 2.0, None),
        ("arabic", False, 1.0, 1.0, "ar"),
    ):
        app_locale.choose(language)
        larger = application.font()
        larger.setPointSizeF(font.pointSizeF() * text)
        application.setFont(larger)
        theme.apply(application, dark=dark)
        for name, state in screen_gallery():
            studio = ScreenRenderer()
            picture = studio.picture(state, scale)
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
