"""The places of the navigation that are about the account and the program, not the state.

Their pages are loaded when somebody first goes there.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import tzinfo
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from keystead_client import presentation
from keystead_client.desktop.account import Account
from keystead_client.desktop.commands import Commands
from keystead_client.desktop.models.app_state import AppState, Screen
from keystead_client.desktop.models.catalog import tr
from keystead_client.desktop.offline import Offline
from keystead_client.desktop.parts.page import Page
from keystead_client.desktop.upkeep import Upkeep

if TYPE_CHECKING:
    from keystead_client.desktop.pages.billing import BillingPage
    from keystead_client.desktop.pages.checks import ChecksPage
    from keystead_client.desktop.pages.offline_activation import OfflinePage
    from keystead_client.desktop.pages.settings import SettingsPage
    from keystead_client.desktop.pages.sign_in import SignInPage


class Places(QObject):
    def __init__(
        self,
        commands: Commands,
        account: Account,
        upkeep: Upkeep,
        offline: Offline,
        zone: tzinfo | None,
    ) -> None:
        super().__init__()
        self._commands, self._account, self._zone = commands, account, zone
        self._upkeep, self._offline_ways = upkeep, offline
        commands.offline_wanted.connect(offline.visit)
        commands.join_wanted.connect(account.join)
        commands.came_back.connect(account.look_again)
        account.let_in.connect(self._let_in)

    def go(self, screen: Screen) -> None:
        """Go where somebody wants to."""
        ways = {
            Screen.DEVICES: self._commands.list_devices,
            Screen.BILLING: self._account.visit,
            Screen.DIAGNOSTICS: self._upkeep.visit_diagnostics,
            Screen.SETTINGS: self._upkeep.visit_settings,
        }
        ways.get(screen, self._commands.back)()

    def _let_in(self) -> None:
        # What was refused to nobody is asked for again by somebody.
        if self._commands.wants_plans():
            self._commands.list_plans()

    def page(self, screen: Screen, state: AppState) -> Page | None:
        """The page of a place, up to date; None where the screen is none of these."""
        if screen is Screen.BILLING and state.view is not None:
            from keystead_client.desktop.models.billing import billing_model

            self._billing.show_model(billing_model(state, state.view, zone=self._zone))
            return self._billing
        if screen is Screen.DIAGNOSTICS:
            from keystead_client.desktop.models.checks import checks_model

            self._checks.show_model(checks_model(state))
            return self._checks
        if screen is Screen.OFFLINE:
            from keystead_client.desktop.models.offline_activation import offline_model

            self._offline.show_model(offline_model(state))
            return self._offline
        if screen is Screen.SETTINGS:
            from keystead_client.desktop.models.settings import settings_model

            self._settings.show_model(settings_model(state))
            return self._settings
        return None

    def sign_in(self, state: AppState) -> Page:
        """The page on which somebody signs in, up to date."""
        from keystead_client.desktop.models.sign_in import sign_in_model

        self._sign_in.show_model(sign_in_model(state))
        return self._sign_in

    @cached_property
    def _sign_in(self) -> SignInPage:
        from keystead_client.desktop.pages.sign_in import SignInPage

        page = SignInPage()
        page.wanted.connect(self._account.sign_in)
        page.chosen.connect(self._commands.carry_out)
        page.back.connect(self._commands.back)
        return page

    @cached_property
    def _offline(self) -> OfflinePage:
        from keystead_client.desktop.pages.offline_activation import OfflinePage

        page, ways = OfflinePage(), self._offline_ways
        page.taken.connect(self._commands.take_over)
        page.save.connect(lambda: self._choose_request(page))
        page.load.connect(self._commands.file_wanted)
        page.retry.connect(ways.ask)
        page.back.connect(self._commands.back)
        return page

    def _choose_request(self, page: OfflinePage) -> None:
        from PySide6.QtWidgets import QFileDialog

        dialog = QFileDialog(page.window(), tr("offline.save"))
        dialog.setNameFilter(tr("offline.save.files"))
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix("txt")
        dialog.selectFile("activation-request.txt")
        dialog.fileSelected.connect(lambda name: self._offline_ways.save(Path(name)))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    @cached_property
    def _checks(self) -> ChecksPage:
        from keystead_client.desktop.pages.checks import RUN, SAVE, STOP, ChecksPage

        page = ChecksPage()
        ways: dict[str, Callable[[], None]] = {
            RUN: self._upkeep.run_checks,
            SAVE: lambda: self._choose_place(page),
            STOP: self._upkeep.stop_checks,
            presentation.DIAGNOSTICS: self._upkeep.copy,
            presentation.OFFLINE: self._offline_ways.visit,
        }
        page.chosen.connect(lambda name: ways[name]())
        return page

    @cached_property
    def _settings(self) -> SettingsPage:
        from keystead_client.desktop.pages.settings import SettingsPage

        page = SettingsPage()
        page.changed.connect(self._upkeep.change)
        page.at_login_wanted.connect(self._upkeep.start_at_login)
        page.sign_in.connect(self._account.go_to_sign_in)
        page.sign_out.connect(self._account.sign_out)
        return page

    def _choose_place(self, page: ChecksPage) -> None:
        from PySide6.QtWidgets import QFileDialog

        dialog = QFileDialog(page.window(), tr("bundle.title"))
        dialog.setNameFilter(tr("bundle.files"))
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix("zip")
        dialog.selectFile("keystead-diagnostics.zip")
        dialog.fileSelected.connect(lambda name: self._upkeep.save_bundle(Path(name)))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    @cached_property
    def _billing(self) -> BillingPage:
        from keystead_client.desktop.pages.billing import BillingPage

        page = BillingPage()
        page.pay.connect(self._account.pay)
        page.portal.connect(self._account.portal)
        page.retry.connect(self._account.list_invoices)
        return page
