"""The page of each screen: how it is made, wired to the intents, and updated from the state.

Pages and their models are imported when they are first needed. The window is on the screen before
anything else is loaded, and most pages are never opened.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import tzinfo
from pathlib import Path
from typing import NamedTuple

import msgspec
from PySide6.QtCore import QTimer

from keystead_client import presentation
from keystead_client.desktop.daemon_supervisor import DaemonSupervisor
from keystead_client.desktop.file_dialogs import save_file
from keystead_client.desktop.intents import Intents
from keystead_client.desktop.models.app_state import AppState, Screen
from keystead_client.desktop.models.catalog import tr
from keystead_client.desktop.parts.page import Page
from keystead_client.desktop.window import MainWindow


class Route(NamedTuple):
    """A page, and what brings it up to date: the state and the trusted time (epoch ms)."""

    page: Page
    update: Callable[[AppState, int], None]


class PageContext(msgspec.Struct):
    """What pages are wired to; ``support`` is the vendor's address once the profile is read."""

    window: MainWindow
    intents: Intents
    supervisor: DaemonSupervisor
    zone: tzinfo | None
    support: str | None = None


def _startup(context: PageContext) -> Route:
    # The window comes with this page: it is shown before any other module is loaded.
    return Route(context.window.startup_page, lambda _state, _now: None)


def _daemon_unavailable(context: PageContext) -> Route:
    from keystead_client.desktop.models.daemon_unavailable import daemon_unavailable_model
    from keystead_client.desktop.pages.daemon_unavailable import DaemonUnavailablePage

    page = DaemonUnavailablePage()
    page.try_again.connect(context.supervisor.try_again)
    return Route(
        page,
        lambda state, _now: page.show_model(daemon_unavailable_model(state, zone=context.zone)),
    )


def _activate(context: PageContext) -> Route:
    from keystead_client.desktop.models.activate import activate_model
    from keystead_client.desktop.pages.activate import ActivatePage

    page, intents, checkout = ActivatePage(), context.intents, context.intents.checkout

    def run(action: str) -> None:
        # "Activate" leads to this page from everywhere else, and from here to the checkout.
        if action == presentation.ACTIVATE:
            checkout.start()
        else:
            intents.run(action)

    page.chosen.connect(run)
    page.plan_chosen.connect(lambda plan: checkout.select(plan=plan))
    page.period_chosen.connect(lambda period: checkout.select(billing_period=period))
    page.modules_chosen.connect(lambda modules: checkout.select(modules=modules))
    page.seats_chosen.connect(lambda seats: checkout.select(seats=seats))
    page.retry.connect(checkout.list_plans)
    page.back.connect(intents.go_back)
    # From the event loop: the request changes the state, which is being shown right now.
    QTimer.singleShot(0, checkout, checkout.list_plans)
    return Route(page, lambda state, _now: page.show_model(activate_model(state)))


def _sign_in(context: PageContext) -> Route:
    from keystead_client.desktop.models.sign_in import sign_in_model
    from keystead_client.desktop.pages.sign_in import SignInPage

    page, intents = SignInPage(), context.intents
    page.wanted.connect(intents.account.sign_in)
    page.chosen.connect(intents.run)
    page.back.connect(intents.go_back)
    return Route(page, lambda state, _now: page.show_model(sign_in_model(state)))


def _restore(context: PageContext) -> Route:
    from keystead_client.desktop.models.restore import restore_model
    from keystead_client.desktop.pages.restore import RestorePage

    page, intents = RestorePage(), context.intents
    page.asked.connect(intents.checkout.restore)
    page.back.connect(intents.go_back)
    return Route(page, lambda state, _now: page.show_model(restore_model(state)))


def _offline_activation(context: PageContext) -> Route:
    from keystead_client.desktop.models.offline_activation import offline_model
    from keystead_client.desktop.pages.offline_activation import OfflineActivationPage

    page, intents = OfflineActivationPage(), context.intents
    offline = intents.offline_activation
    page.taken.connect(intents.activation.import_text)
    page.save.connect(
        lambda: save_file(
            page.window(),
            title=tr("offline.save"),
            name_filter=tr("offline.save.files"),
            name="activation-request.txt",
            chosen=lambda name: offline.save(Path(name)),
        )
    )
    page.load.connect(intents.choose_license_file)
    page.retry.connect(offline.fetch_request)
    page.back.connect(intents.go_back)
    return Route(page, lambda state, _now: page.show_model(offline_model(state)))


def _checkout_progress(context: PageContext) -> Route:
    from keystead_client.desktop.models.checkout_progress import checkout_progress_model
    from keystead_client.desktop.pages.checkout_progress import CheckoutProgressPage

    page = CheckoutProgressPage()
    page.chosen.connect(context.intents.run)

    def update(state: AppState, now: int) -> None:
        view = state.view
        if view is not None and view.checkout is not None:
            page.show_model(
                checkout_progress_model(state, view, view.checkout, now, zone=context.zone)
            )

    return Route(page, update)


def _overview(context: PageContext) -> Route:
    from keystead_client.desktop.models.overview import overview_model
    from keystead_client.desktop.pages.overview import OverviewPage

    page = OverviewPage()
    page.chosen.connect(context.intents.run)

    def update(state: AppState, now: int) -> None:
        if state.view is not None:
            model = overview_model(
                state, state.view, now, zone=context.zone, support=context.support
            )
            page.show_model(model)

    return Route(page, update)


def _devices(context: PageContext) -> Route:
    from keystead_client.desktop.models.devices import devices_model
    from keystead_client.desktop.pages.devices import DevicesPage

    page, intents = DevicesPage(), context.intents
    page.removed.connect(intents.devices.remove)
    page.back.connect(intents.go_back)
    return Route(
        page, lambda state, now: page.show_model(devices_model(state, now, zone=context.zone))
    )


def _billing(context: PageContext) -> Route:
    from keystead_client.desktop.models.billing import billing_model
    from keystead_client.desktop.pages.billing import BillingPage

    page, billing = BillingPage(), context.intents.billing
    page.pay.connect(billing.pay)
    page.portal.connect(billing.open_portal)
    page.retry.connect(billing.list_invoices)

    def update(state: AppState, _now: int) -> None:
        if state.view is not None:
            page.show_model(billing_model(state, state.view, zone=context.zone))

    return Route(page, update)


def _diagnostics(context: PageContext) -> Route:
    from keystead_client.desktop.models.checks import checks_model
    from keystead_client.desktop.pages.checks import RUN, SAVE, STOP, ChecksPage

    page, intents = ChecksPage(), context.intents
    diagnostics = intents.diagnostics

    def save() -> None:
        save_file(
            page.window(),
            title=tr("bundle.title"),
            name_filter=tr("bundle.files"),
            name="keystead-diagnostics.zip",
            chosen=lambda name: diagnostics.save_bundle(Path(name)),
        )

    own = {RUN: diagnostics.run_checks, STOP: diagnostics.stop_checks, SAVE: save}
    page.chosen.connect(lambda action: own[action]() if action in own else intents.run(action))
    return Route(page, lambda state, _now: page.show_model(checks_model(state)))


def _settings(context: PageContext) -> Route:
    from keystead_client.desktop.models.settings import settings_model
    from keystead_client.desktop.pages.settings import SettingsPage

    page, intents = SettingsPage(), context.intents
    page.changed.connect(intents.settings.change)
    page.at_login_wanted.connect(intents.settings.start_at_login)
    page.sign_in.connect(intents.account.show_sign_in)
    page.sign_out.connect(intents.account.sign_out)
    return Route(page, lambda state, _now: page.show_model(settings_model(state)))


#: One entry for each screen; a test holds it complete.
FACTORIES: Mapping[Screen, Callable[[PageContext], Route]] = {
    Screen.STARTUP: _startup,
    Screen.DAEMON_UNAVAILABLE: _daemon_unavailable,
    Screen.ACTIVATE: _activate,
    Screen.SIGN_IN: _sign_in,
    Screen.RESTORE: _restore,
    Screen.OFFLINE: _offline_activation,
    Screen.CHECKOUT_PROGRESS: _checkout_progress,
    Screen.DEVICES: _devices,
    Screen.BILLING: _billing,
    Screen.DIAGNOSTICS: _diagnostics,
    Screen.SETTINGS: _settings,
    Screen.OVERVIEW: _overview,
}
